import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Figure, interleaved } from './measure.ts';

/** What a person waits for: one Deployment through the command line, against a node that does nothing. */
export function startFigures(): readonly Figure[] {
  if (!existsSync('dist')) throw new Error('dist/ is missing: run `npm run build` first');
  const [node = Number.NaN, remora = Number.NaN] = interleaved(
    [
      () => run(process.execPath, ['-e', '0']),
      () => run('bin/remora', ['kube-inject', '--offline', '-f', 'examples/demo-red.yaml']),
    ],
    { warm: 3, runs: 41 },
  );
  return [
    { name: 'process, node -e 0', value: node, unit: 'ms' },
    { name: 'process, remora kube-inject', value: remora, unit: 'ms', note: 'examples/demo-red.yaml' },
    { name: 'remora against node', value: remora / node, unit: '×', aim: '≤ 2.0' },
  ];
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}: ${stderr}`);
}
