import type { ManifestFile, ManifestSettings } from '../../core/manifest/index.ts';
import type { Problem, Where } from '../../core/problem.ts';
import type { Paint } from '../../platform/terminal.ts';

/** Texts of files by the names that problems give them, for showing the line concerned. */
export type SourceTexts = ReadonlyMap<string, string>;

/** The manifests and what else was read, and the templates under the names that their problems have. */
export function sourceTexts(
  files: readonly ManifestFile[],
  settings: ManifestSettings | undefined,
  read: SourceTexts = new Map(),
): SourceTexts {
  return new Map([
    ...read,
    ...[...(settings?.config.templates.values() ?? [])].map(
      ({ name, source }) => [`template ${name}`, source] as const,
    ),
    ...files.map(({ name, text }) => [name, text] as const),
  ]);
}

/**
 * Problems as a person reads them: code and message, where, the line with a caret where it is known, what to do.
 *
 *   error YAML_SYNTAX: found character that cannot start any token
 *     at app.yaml:6:1
 *     6 | \t# a tab
 *       | ^
 *     fix: Indent with spaces.
 */
export function problemsText(problems: readonly Problem[], paint: Paint, sources: SourceTexts = new Map()): string {
  return problems.map((problem) => problemText(problem, paint, sources)).join('');
}

function problemText({ code, severity, message, where, remedy }: Problem, paint: Paint, sources: SourceTexts): string {
  const head = paint(severity === 'error' ? 'red' : 'yellow', paint('bold', `${severity} ${code}`));
  const lines = [`${head}: ${message.trimEnd()}`];
  const place = placeText(where);
  if (place !== '') lines.push(`  ${paint('dim', 'at')} ${paint('cyan', place)}`);
  lines.push(...excerpt(where, sources, paint).map((line) => `  ${line}`));
  if (remedy !== undefined) lines.push(`  ${paint('green', 'fix')}: ${remedy}`);
  return `${lines.join('\n')}\n`;
}

/** `app.yaml:12:5, /spec/containers/0`, as far as it is known. */
export function placeText(where: Where | undefined): string {
  if (where === undefined) return '';
  const { file, line, column, pointer } = where;
  const name = file === '-' ? 'standard input' : file;
  const parts = [name, line, line === undefined ? undefined : column].filter((part) => part !== undefined);
  const pointed = pointer === undefined || pointer === '' ? [] : [pointer];
  return [...(parts.length === 0 ? [] : [parts.join(':')]), ...pointed].join(', ');
}

/** Wider lines are cut around the column. */
const WIDTH = 100;

function excerpt(where: Where | undefined, sources: SourceTexts, paint: Paint): readonly string[] {
  if (where?.file === undefined || where.line === undefined || where.column === undefined) return [];
  const line = lineOf(sources.get(where.file), where.line);
  if (line === undefined) return [];
  const before = beforeColumn(line, where.column);
  const start = Math.max(0, before.length - WIDTH / 2);
  const [cutBefore, cutAfter] = [start > 0, line.length > start + WIDTH];
  const shown = `${cutBefore ? '…' : ''}${line.slice(start, start + WIDTH)}${cutAfter ? '…' : ''}`;
  const number = String(where.line);
  // Tabs stay in front of the caret, so that it stands below its column however wide they are.
  const indent = `${cutBefore ? ' ' : ''}${before.slice(start).replace(/[^\t]/g, ' ')}`;
  return [
    `${paint('dim', `${number} |`)} ${shown}`,
    `${paint('dim', `${' '.repeat(number.length)} |`)} ${indent}${paint('red', '^')}`,
  ];
}

function lineOf(text: string | undefined, number: number): string | undefined {
  if (text === undefined) return undefined;
  let start = 0;
  for (let line = 1; line < number; line++) {
    start = text.indexOf('\n', start) + 1;
    if (start === 0) return undefined;
  }
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '');
}

/** Columns count characters, not UTF-16 units. */
function beforeColumn(line: string, column: number): string {
  return [...line].slice(0, column - 1).join('');
}
