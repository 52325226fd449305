/**
 * The tables of docs/ that exist as data in the code. They stand between `<!-- NAME -->` and `<!-- /NAME -->`;
 * scripts/write-docs.ts puts them there, and a test compares, so that code and documents cannot drift apart.
 */
import { readFileSync } from 'node:fs';
import { COMMANDS } from '../src/apps/cli/commands.ts';
import { commandHelp } from '../src/apps/cli/help.ts';
import { FAMILIES, FINDINGS } from '../src/core/check/index.ts';
import { BEHAVIOURS } from '../src/core/injection/releases.ts';
import { ANNOTATION_REGISTRY, type AnnotationEntry } from '../src/core/mesh/index.ts';
import { DIFFERENCES } from '../test/proxy/differences.ts';

/** A file of docs/ as it is and as it should be. */
export type GeneratedDoc = { readonly file: string; readonly present: string; readonly wanted: string };

export function generatedDocs(): readonly GeneratedDoc[] {
  return [
    fill('docs/releases.md', { timeline: timeline() }),
    fill('docs/annotations.md', {
      annotations: registry(({ kind, on }) => kind === 'annotation' && on === 'pod'),
      labels: registry(({ kind, on }) => kind === 'label' && on === 'pod'),
      others: registry(({ on }) => on !== 'pod'),
    }),
    fill('docs/check.md', { findings: findings() }),
    fill('docs/proxy.md', { differences: differences() }),
    fill('docs/cli.md', { commands: COMMANDS.map(commandSection).join('\n\n') }),
  ];
}

export function fill(file: string, parts: Readonly<Record<string, string>>): GeneratedDoc {
  const present = readFileSync(file, 'utf8');
  let wanted = present;
  for (const [name, text] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
    const [head, rest] = wanted.split(start);
    const tail = rest?.split(end)[1];
    if (head === undefined || tail === undefined) throw new Error(`${file} has no ${start.trim()} … ${end}`);
    wanted = `${head}${start}${text}\n${end}${tail}`;
  }
  return { file, present, wanted };
}

/** What `remora help COMMAND` prints, without colours. */
function commandSection(command: (typeof COMMANDS)[number]): string {
  const help = commandHelp(command, (_style, text) => text).trimEnd();
  return `## remora ${command.name}\n\n\`\`\`\n${help}\n\`\`\``;
}

/** Where the suite of both engines lets them differ. */
function differences(): string {
  const rows = Object.values(DIFFERENCES).map(
    ({ about, of, why }) => `| ${about} | ${of.envoy} | ${of.embedded} | ${why} |`,
  );
  return ['| | Envoy | embedded | why |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function findings(): string {
  const rows = FAMILIES.flatMap(([family, title]) =>
    Object.entries(FINDINGS)
      .filter(([, [of]]) => of === family)
      .map(([id, [, what]]) => [title, `\`${id}\``, what]),
  );
  return table(['about', 'finding', 'it says'], rows);
}

type Version = readonly [minor: number, patch: number];

function timeline(): string {
  type Row = { introduced: Version; removed: Version | undefined; backports: readonly Version[]; what: string };
  const rows = BEHAVIOURS.map(
    (row): Row => ({
      introduced: row.introduced,
      removed: 'removed' in row ? row.removed : undefined,
      backports: 'backports' in row ? row.backports : [],
      what: row.what,
    }),
  );
  rows.sort((a, b) => compare(a.introduced, b.introduced));
  return table(
    ['from', 'to', 'behaviour'],
    rows.map(({ introduced, removed, backports, what }) => [
      [...backports, introduced].map(version).join(', '),
      lastWith(removed),
      what,
    ]),
  );
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1];
}

function version([minor, patch]: Version): string {
  return patch === 0 ? `1.${minor}` : `1.${minor}.${patch}`;
}

/** The last release that still behaves so. */
function lastWith(removed: Version | undefined): string {
  if (removed === undefined) return 'today';
  return removed[1] === 0 ? `1.${removed[0] - 1}` : version([removed[0], removed[1] - 1]);
}

function registry(wanted: (entry: AnnotationEntry) => boolean): string {
  return table(
    ['name', 'from', 'to', 'what it does'],
    ANNOTATION_REGISTRY.filter(wanted).map(({ name, access, introduced, removed, purpose, on }) => [
      `\`${name}\``,
      `1.${introduced}`,
      removed === undefined ? 'today' : `1.${removed - 1}`,
      `${purpose}${access === 'written' ? ' (written by injection)' : ''}${on === 'pod' ? '' : ` (on the ${on})`}`,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(escaped).join(' | ')} |`);
  return lines.join('\n');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
