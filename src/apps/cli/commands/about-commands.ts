import type { Command } from '../command.ts';
import { HELP } from '../flags.ts';

/** Commands about the program itself. */
export const ABOUT_COMMANDS: readonly Command[] = [
  {
    name: 'completion',
    aliases: [],
    operands: 'bash|zsh|fish',
    what: 'Print a completion script for a shell.',
    about: 'Prints a script that teaches your shell the commands and flags.',
    flags: [HELP],
    examples: [
      { what: 'bash, for this shell', line: 'source <(remora completion bash)' },
      { what: 'zsh', line: `remora completion zsh > "\${fpath[1]}/_remora"` },
      { what: 'fish', line: 'remora completion fish > ~/.config/fish/completions/remora.fish' },
    ],
    load: async () => (await import('../completion.ts')).completion,
  },
  {
    name: 'version',
    aliases: [],
    operands: '',
    what: 'Print the version, and the releases of Istio that can be followed.',
    about: 'Prints the version of Remora, of Node, and the releases of Istio that --compat takes.',
    flags: [HELP],
    examples: [{ what: 'Print it', line: 'remora version' }],
    load: async () => (await import('../version.ts')).version,
  },
  {
    name: 'help',
    aliases: [],
    operands: '[COMMAND]',
    what: 'Show the help of a command.',
    about: 'Shows what a command does, its flags, and examples.',
    flags: [HELP],
    examples: [{ what: 'About a command', line: 'remora help kube-inject' }],
    load: async () => (await import('../help.ts')).help,
  },
];
