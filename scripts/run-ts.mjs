// Runs a TypeScript file of the repository: `node scripts/run-ts.mjs test/conformance/main.ts …`. Node 20 does not strip
// types, so esbuild bundles the file into .cache first; packages stay external.
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node scripts/run-ts.mjs FILE.ts [argument …]');
  process.exit(2);
}
const outfile = join('.cache', 'run', `${basename(entry, '.ts')}-${process.pid}.mjs`);
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});
const run = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...rest], { stdio: 'inherit' });
const { rmSync } = await import('node:fs');
rmSync(outfile, { force: true });
process.exit(run.status ?? 1);
