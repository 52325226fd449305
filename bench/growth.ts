import { type Figure, interleaved } from './measure.ts';
import { helloWorkload, injectText, withEnvironment } from './workload.ts';

/** How the time grows with the pod: twice the environment variables should cost about twice the time. */
export function growthFigures(): readonly Figure[] {
  const workload = helloWorkload();
  const calls = [1000, 2000].map((count) => {
    const text = JSON.stringify(withEnvironment(workload.pod, count));
    return () => {
      injectText(text, workload);
    };
  });
  const [one = Number.NaN, two = Number.NaN] = interleaved(calls, { warm: 60, runs: 101 });
  return [
    { name: 'engine, 1,000 env vars', value: one, unit: 'ms' },
    { name: 'engine, 2,000 env vars', value: two, unit: 'ms' },
    { name: 'growth from 1,000 to 2,000', value: two / one, unit: '×', aim: '≤ 2.3' },
  ];
}
