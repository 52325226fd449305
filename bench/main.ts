/**
 * `npm run bench [-- NAME …] [--json] [--write]`: what the program costs, as a table. `--write` puts the table into
 * bench/README.md. Nothing here fails for being slow: a test that measures time tests the machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { bigManifestFigures } from './big-manifest.ts';
import { captureFigures } from './capture.ts';
import { engineFigures } from './engine.ts';
import { growthFigures } from './growth.ts';
import type { Figure } from './measure.ts';
import { proxyFigures } from './proxy.ts';
import { pumpFigures } from './pumps/index.ts';
import { startFigures } from './start.ts';
import { webhookFigures } from './webhook.ts';

const measurements = [
  { name: 'engine', figures: engineFigures },
  { name: 'growth', figures: growthFigures },
  { name: 'start', figures: startFigures },
  { name: 'manifest', figures: bigManifestFigures },
  { name: 'capture', figures: captureFigures },
  { name: 'webhook', figures: webhookFigures },
  { name: 'proxy', figures: proxyFigures },
  { name: 'pumps', figures: pumpFigures },
];
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const figures: Figure[] = [];
for (const measurement of measurements) {
  if (wanted.length > 0 && !wanted.includes(measurement.name)) continue;
  console.error(`measuring ${measurement.name} …`);
  figures.push(...(await measurement.figures()));
}
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}`;
if (flags.includes('--json')) console.log(JSON.stringify({ machine, figures }, null, 2));
else console.log(`${table(figures)}\n\n${machine}`);
if (flags.includes('--write')) writeReadme(figures);

function table(rows: readonly Figure[]): string {
  return tableOf(rows.map(cellsOf));
}

function cellsOf(row: Figure): readonly string[] {
  return [row.name, `${written(row.value)} ${row.unit}`, row.aim ?? '', row.note ?? ''];
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const cells = [['figure', 'value', 'aim', 'measured on'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}

function written(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** Rows of measurements that were not taken now stay as they were; a row that was takes the place of its own. */
function writeReadme(rows: readonly Figure[]): void {
  const file = 'bench/README.md';
  const [start, end] = ['<!-- figures -->', '<!-- /figures -->'];
  const readme = readFileSync(file, 'utf8');
  const [head, rest] = readme.split(start);
  const [old, tail] = rest?.split(end) ?? [];
  if (head === undefined || old === undefined || tail === undefined)
    throw new Error(`${file} has no ${start} … ${end}`);
  const fresh = new Map(rows.map((row) => [row.name, cellsOf(row)]));
  const kept = old
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| figure') && !line.startsWith('| --'))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
  const all = [...kept.map((cells) => fresh.get(cells[0] ?? '') ?? cells)];
  for (const [name, cells] of fresh) if (!kept.some(([known]) => known === name)) all.push(cells);
  writeFileSync(file, `${head}${start}\n${tableOf(all)}\n\n${machine}.\n${end}${tail}`);
}
