import type { Paint } from '../../platform/terminal.ts';
import { type Arguments, usage } from './arguments.ts';
import type { Command, CommandResult, Surroundings } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { Flag } from './flags.ts';
import { nearest } from './nearest.ts';
import { problemsText } from './problem-text.ts';

/** `remora help [COMMAND]`. */
export function help({ operands }: Arguments, { paintOutput, paintError }: Surroundings): CommandResult {
  if (operands.length === 0) return { exitCode: 0, output: overview(paintOutput) };
  const name = operands.join(' ');
  const command = COMMANDS.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
  const only = COMMANDS.filter((candidate) => candidate.name.startsWith(`${name} `));
  const shown = command ?? (only.length === 1 ? only[0] : undefined);
  if (shown !== undefined) return { exitCode: 0, output: commandHelp(shown, paintOutput) };
  const close = nearest(
    name,
    COMMANDS.map((candidate) => candidate.name),
  );
  const problem = usage(
    `unknown command "${name}"`,
    close === undefined ? 'See remora help.' : `Did you mean remora help ${close}?`,
  );
  return { exitCode: 2, error: problemsText([problem], paintError) };
}

/** What is shown without a command. */
export function overview(paint: Paint): string {
  const rows = COMMANDS.map(({ name, aliases, what }) => [[name, ...aliases].join(', '), what] as const);
  return `${paint('bold', 'remora')}: the sidecar injector that says why

${paint('bold', 'Usage')}
  remora COMMAND [flags]

${paint('bold', 'Commands')}
${columns(rows, paint)}

${paint('bold', 'Examples')}
  ${paint('dim', '# Inject on a laptop, without a cluster')}
  remora inject -f app.yaml

  ${paint('dim', '# Look first: what would change, and why')}
  remora diff -f app.yaml
  remora inject --report -f app.yaml > /dev/null

remora COMMAND --help tells about one command.
`;
}

/** The help of one command: what it does, its flags, and examples. */
export function commandHelp(command: Command, paint: Paint): string {
  const { name, aliases, operands, what, about, flags, examples } = command;
  const alias =
    aliases.length === 0
      ? ''
      : `\n${paint('bold', 'Alias')}\n  ${aliases.map((word) => `remora ${word}`).join(', ')}\n`;
  const shown = flags.filter((flag) => flag.kind === undefined).map((flag) => [flagHead(flag), flag.what] as const);
  const lines = examples.map((example) => `  ${paint('dim', `# ${example.what}`)}\n  ${example.line}\n`);
  const others = flags.some((flag) => flag.kind !== undefined)
    ? '\nFlags of istioctl that need a cluster or a template of its own are understood and say what to give instead.\n'
    : '';
  return `${what}

${about}

${paint('bold', 'Usage')}
  remora ${name}${operands === '' ? '' : ` ${operands}`}${flags.length > 1 ? ' [flags]' : ''}
${alias}
${paint('bold', examples.length > 1 ? 'Examples' : 'Example')}
${lines.join('\n')}
${paint('bold', 'Flags')}
${columns(shown, paint)}
${others}`;
}

/** `-f, --filename FILE`; what has no short form is indented as if it had. */
export function flagHead({ name, short, value, bare }: Flag): string {
  const argument = value === undefined ? '' : bare === undefined ? ` ${value}` : `[=${value}]`;
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${argument}`;
}

const TERMINAL = 100;

function columns(rows: readonly (readonly [head: string, text: string])[], paint: Paint): string {
  const width = Math.max(...rows.map(([head]) => head.length)) + 2;
  return rows
    .map(([head, text]) => {
      const lines = wrapped(text, TERMINAL - width - 2);
      const rest = lines.slice(1).map((line) => `\n${' '.repeat(width + 2)}${line}`);
      return `  ${paint('cyan', head)}${' '.repeat(width - head.length)}${lines[0] ?? ''}${rest.join('')}`;
    })
    .join('\n');
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
