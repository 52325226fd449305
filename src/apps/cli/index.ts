/**
 * The command line. A command reads files, calls the core, and says what came of it; printing, exit codes and what was
 * not foreseen are main's. Commands, their flags and examples are one table, from which help and completion are made.
 *
 *   words ─► COMMANDS ─► readArguments ─► command (loaded when called) ─► CommandResult ─► streams, exit code
 *                │
 *                └─► help, completion
 */
export { main } from './main.ts';
