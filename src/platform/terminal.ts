/** Whether somebody reads along, and in which colours. */
import { fstatSync, statSync } from 'node:fs';

type StyleName = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Puts a style around a text, or gives the text back where no colours are wanted. */
export type Paint = (style: StyleName, text: string) => string;

/** SGR parameters: on, and off again. */
const STYLES: Readonly<Record<StyleName, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/**
 * Colours for a stream. NO_COLOR (https://no-color.org) and FORCE_COLOR are asked first, as most programs do; a
 * FORCE_COLOR of `0` means no.
 */
export function paintFor(
  stream: 'output' | 'error',
  env: Readonly<Record<string, string | undefined>> = process.env,
  isTerminal: (descriptor: number) => boolean = isTerminalDescriptor,
): Paint {
  const wanted = env.NO_COLOR
    ? false
    : env.FORCE_COLOR !== undefined
      ? env.FORCE_COLOR !== '0'
      : env.TERM !== 'dumb' && isTerminal(stream === 'output' ? 1 : 2);
  return wanted ? painted : plain;
}

export const plain: Paint = (_style, text) => text;

/** Loading node:tty takes as long as reading a manifest, and a file, a pipe or /dev/null is no terminal anyway. */
function isTerminalDescriptor(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isCharacterDevice() || stat.rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev) return false;
    return process.getBuiltinModule('node:tty').isatty(descriptor);
  } catch {
    // A closed descriptor.
    return false;
  }
}

function painted(style: StyleName, text: string): string {
  const [on, off] = STYLES[style];
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
}

/** Columns of the terminal that standard output is; COLUMNS goes before, and undefined is no terminal. */
export function terminalWidth(env: Readonly<Record<string, string | undefined>> = process.env): number | undefined {
  if (/^[1-9]\d{0,3}$/.test(env.COLUMNS ?? '')) return Number(env.COLUMNS);
  if (!isTerminalDescriptor(1)) return undefined;
  const tty = process.getBuiltinModule('node:tty');
  return new tty.WriteStream(1).columns;
}
