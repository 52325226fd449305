// `node scripts/demo-transcript.mjs`: runs the demo as it is and writes docs/demo-transcript.txt, trimmed to what a
// README has room for. As root on Linux; what stands there is what a run has said.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const COLUMNS = 108;
/** Chapters that are shown, with how many of their lines. */
const SHOWN = {
  '': 10,
  'istio-init: the plumbing': 9,
  'istio-proxy: the sidecar': 9,
  Requests: 13,
  'The way of one request': 60,
  'Access logs: one request, socket by socket': 5,
  Checks: 60,
};

const args = process.argv.slice(2);
const run = spawnSync('bin/remora', ['demo', ...args], {
  encoding: 'utf8',
  env: { ...process.env, NO_COLOR: '1', COLUMNS: String(COLUMNS) },
});
if (run.status !== 0 || run.stdout.includes('in the simulator')) {
  process.stderr.write(
    `${run.stdout}${run.stderr}a transcript is made of a live run in which all checks hold: run it as root\n`,
  );
  process.exit(1);
}
const chapters = [{ title: '', lines: [] }];
for (const line of run.stdout.trimEnd().split('\n')) {
  if (/^\S/.test(line) && !line.startsWith('All ')) chapters.push({ title: line, lines: [] });
  else chapters.at(-1).lines.push(line);
}
const out = [`$ sudo remora ${['demo', ...args].join(' ')}`];
for (const { title, lines } of chapters) {
  const most = SHOWN[title];
  if (most === undefined) continue;
  if (title !== '') out.push(title);
  // The sentence under a title explains it to who sees it for the first time; a README does that itself.
  const whole = trimmed(title === '' ? lines : lines.slice(lines.indexOf('') + 1));
  const table = whole.findIndex((line) => line.startsWith('   pod   '));
  // Of four packets the first, and the table of all.
  const body = table < 0 ? whole : [...whole.slice(0, whole.indexOf('') + 1), '   …', '', ...whole.slice(table)];
  out.push(...body.slice(0, most));
  if (body.length > most) out.push(`   … ${body.length - most} lines more`);
  out.push('');
}
writeFileSync('docs/demo-transcript.txt', `${out.join('\n').trimEnd()}\n`);
console.log(`docs/demo-transcript.txt: ${out.length} lines`);

function trimmed(lines) {
  const first = lines.findIndex((line) => line !== '');
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(Math.max(0, first), last + 1);
}
