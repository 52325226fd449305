import { type Arguments, usage } from './arguments.ts';
import type { Command, CommandResult, Surroundings } from './command.ts';
import { COMMANDS } from './commands.ts';
import { usageFailure } from './failure.ts';
import type { Flag } from './flags.ts';

/** `remora completion SHELL`: a script made from the table of commands. */
export function completion(args: Arguments, surroundings: Surroundings): CommandResult {
  const { operands } = args;
  const [shell, ...rest] = operands;
  const script = rest.length === 0 ? SCRIPTS.get(shell ?? '') : undefined;
  if (script !== undefined) return { exitCode: 0, output: script() };
  const message = shell === undefined ? 'the shell is not given' : `unknown shell "${operands.join(' ')}"`;
  return usageFailure([usage(message, 'Give bash, zsh or fish.')], 'completion', args, surroundings);
}

const SHELLS = ['bash', 'zsh', 'fish'] as const;

const SCRIPTS: ReadonlyMap<string, () => string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);

/** Command words as typed, aliases too, each with what it stands for. */
function callable(): readonly (readonly [words: string, command: Command])[] {
  return COMMANDS.flatMap((command) => [command.name, ...command.aliases].map((words) => [words, command] as const));
}

/** What may follow a command besides flags. */
function operandsOf(command: Command): readonly string[] {
  if (command.name === 'completion') return SHELLS;
  return command.name === 'help' ? COMMANDS.map(({ name }) => name).filter((name) => name !== 'help') : [];
}

function visible({ flags }: Command): readonly Flag[] {
  return flags.filter((flag) => flag.kind === undefined);
}

function flagWords(command: Command): readonly string[] {
  return visible(command).flatMap(({ name, short, bare }) => [
    bare === undefined ? `--${name}` : `--${name}=`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
}

/** Flags of all commands by name: a flag means the same wherever it stands, except for its choices. */
function valueFlags(): readonly Flag[] {
  const seen = new Map<string, Flag>();
  for (const command of COMMANDS) {
    for (const flag of visible(command))
      if (flag.value !== undefined && flag.bare === undefined) seen.set(flag.name, flag);
  }
  return [...seen.values()];
}

function firstWords(): readonly string[] {
  return [...new Set(callable().map(([words]) => words.split(' ')[0] ?? ''))];
}

function bash(): string {
  const cases = callable().map(([words, command]) => {
    const all = [...operandsOf(command), ...flagWords(command)].join(' ');
    return `    '${words}') words='${all}' ;;`;
  });
  const choices = callable().flatMap(([words, command]) =>
    visible(command).flatMap(({ name, bare, choices: values }) =>
      values === undefined
        ? []
        : [
            `    ${bare === undefined ? `'${words} --${name}'|` : ''}'${words} --${name}=') COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`,
          ],
    ),
  );
  const files = flagPatterns((flag) => flag.names !== undefined);
  const others = flagPatterns((flag) => flag.names === undefined && flag.choices === undefined);
  return `# bash completion for remora: source <(remora completion bash)
_remora() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' words='' equals='' file
  COMPREPLY=()
  # bash takes the = of --flag=value for a word of its own.
  if [[ $current == '=' ]]; then equals='='; current=''
  elif [[ $previous == '=' ]]; then equals='='; previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if ((COMP_CWORD > 1)); then command="\${COMP_WORDS[1]}"; fi
  if [[ $command == template ]]; then
    if ((COMP_CWORD == 2)); then COMPREPLY=($(compgen -W 'render' -- "$current")); return; fi
    command='template render'
  fi
  case "$command $previous$equals" in
${choices.join('\n')}
  esac
  case "$previous" in
    ${files})
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$current")
      compopt -o filenames 2>/dev/null; return ;;
    ${others}) return ;;
  esac
  case "$command" in
    '') words='${firstWords().join(' ')} --help --version' ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _remora remora
`;
}

function flagPatterns(wanted: (flag: Flag) => boolean): string {
  const words = valueFlags()
    .filter(wanted)
    .flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
  return words.join('|');
}

function zsh(): string {
  const commands = firstWords().map((word) => `    '${word}:${quoted(whatOf(word))}'`);
  const cases = callable().map(([words, command]) => {
    const flags = visible(command).map((flag) => `        ${zshFlag(flag)}`);
    const operands = operandsOf(command);
    const last =
      operands.length === 0
        ? []
        : [`        '1:what:(${[...new Set(operands.map((word) => word.split(' ')[0]))].join(' ')})'`];
    return `      '${words}')\n        _arguments -s \\\n${[...flags, ...last].join(' \\\n')}\n        ;;`;
  });
  return `#compdef remora
# zsh completion for remora: remora completion zsh > "\${fpath[1]}/_remora"
_remora() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe 'command' commands
    return
  fi
  local command="\${words[2]}"
  if [[ $command == template ]]; then
    if ((CURRENT == 3)); then
      _values 'command' render
      return
    fi
    command='template render'
    shift words
    ((CURRENT--))
  fi
  shift words
  ((CURRENT--))
  case "$command" in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _remora ]]; then _remora "$@"; else compdef _remora remora; fi
`;
}

function zshFlag({ name, short, value, bare, choices, names, repeatable, what }: Flag): string {
  const names_ = short === undefined ? `--${name}` : `{-${short},--${name}}`;
  const star = repeatable || short === undefined ? (repeatable ? '*' : '') : `(-${short} --${name})`;
  const action = choices !== undefined ? `(${choices.join(' ')})` : names === undefined ? '' : '_files';
  const argument = value === undefined ? '' : `:${value}:${action}`;
  const equals = value === undefined || short !== undefined ? '' : bare === undefined ? '=' : '=-';
  const optional = bare === undefined ? argument : `:${argument}`;
  const head = short === undefined ? `'${star}${names_}${equals}` : `'${star}'${names_}'`;
  return `${head}[${quoted(what).replace(/[[\]]/g, '\\$&')}]${optional}'`;
}

function fish(): string {
  const lines = firstWords().map(
    (word) => `complete -c remora -n __fish_use_subcommand -a ${word} -d '${fishQuoted(whatOf(word))}'`,
  );
  lines.push(
    "complete -c remora -n '__fish_seen_subcommand_from template' -a render -d 'Run a Go template over data.'",
  );
  for (const [words, command] of callable()) {
    const first = words.split(' ')[0] ?? '';
    const when = `-n '__fish_seen_subcommand_from ${first}'`;
    const operands = operandsOf(command);
    if (operands.length > 0) {
      lines.push(
        `complete -c remora ${when} -a '${[...new Set(operands.map((word) => word.split(' ')[0]))].join(' ')}'`,
      );
    }
    for (const { name, short, value, bare, choices, names, what } of visible(command)) {
      const parts = [`complete -c remora ${when} -l ${name}`];
      if (short !== undefined) parts.push(`-s ${short}`);
      if (value !== undefined && bare === undefined) parts.push(names === undefined ? '-x' : '-rF');
      if (choices !== undefined) parts.push(`-a '${choices.join(' ')}'`);
      lines.push(`${parts.join(' ')} -d '${fishQuoted(what)}'`);
    }
  }
  return `# fish completion for remora: remora completion fish > ~/.config/fish/completions/remora.fish
complete -c remora -f
${lines.join('\n')}
`;
}

function whatOf(word: string): string {
  return callable().find(([words]) => words.split(' ')[0] === word)?.[1].what ?? '';
}

/** Inside single quotes of zsh, whose completion reads colons itself. */
function quoted(text: string): string {
  return text.replaceAll("'", '’').replaceAll(':', '\\:');
}

function fishQuoted(text: string): string {
  return text.replace(/[\\']/g, '\\$&');
}
