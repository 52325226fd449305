import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Figure, median } from '../measure.ts';
import { measure, missingForProxies, type Taken } from '../proxy.ts';
import { pump, relay } from '../proxy-candidates.ts';

const KINDS = ['streams', 'streams+http', 'onread', 'onread+http', 'splice', 'epoll', 'epoll+http'];
const ROUNDS = 5;
const SECONDS = 2;

/** Ways to carry bytes in Node, with and without a look at their HTTP, against HAProxy: why the engine is as it is. */
export async function pumpFigures(): Promise<readonly Figure[]> {
  const why = missingForProxies();
  if (why !== undefined) {
    console.error(`pumps: not measured: ${why}`);
    return [];
  }
  const program = join('.cache', 'run', `relay-${process.pid}.mjs`);
  await build({
    entryPoints: ['bench/pumps/relay.ts'],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const candidates = [relay(), ...KINDS.map((kind) => pump(kind, program))];
  try {
    await new Promise((done) => setTimeout(done, 1500));
    const taken = candidates.map(({ name }) => ({ name, looks: [] as Taken[] }));
    for (const candidate of candidates) measure(candidate, 1);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, candidate] of candidates.entries()) taken[i]?.looks.push(measure(candidate, SECONDS));
    }
    return figures(taken);
  } finally {
    for (const candidate of candidates) candidate.close();
    rmSync(program, { force: true });
  }
}

function figures(taken: readonly { readonly name: string; readonly looks: readonly Taken[] }[]): readonly Figure[] {
  const of = (looks: readonly Taken[], field: keyof Taken): number => median(looks.map((look) => look[field]));
  const [haproxy, ...kinds] = taken;
  return kinds.flatMap(({ name, looks }) => {
    const ratio = (field: keyof Taken): number => of(looks, field) / of(haproxy?.looks ?? [], field);
    return [
      { name: `pump ${name}, throughput`, value: ratio('gigabits'), unit: '×', note: "of HAProxy's" },
      { name: `pump ${name}, requests`, value: ratio('requests'), unit: '×', note: "of HAProxy's" },
      { name: `pump ${name}, connections`, value: ratio('connections'), unit: '×', note: "of HAProxy's" },
      {
        name: `pump ${name}, CPU a request`,
        value: of(looks, 'cpu'),
        unit: 'µs',
        note: `HAProxy: ${of(haproxy?.looks ?? [], 'cpu').toFixed(1)}`,
      },
    ];
  });
}
