import { type Figure, millisecondsPerCall } from './measure.ts';
import { helloWorkload, injectText } from './workload.ts';

/** One pod through the whole engine, without any cache across pods. */
export function engineFigures(): readonly Figure[] {
  const workload = helloWorkload();
  const text = JSON.stringify(workload.pod);
  const ms = millisecondsPerCall(() => injectText(text, workload));
  return [
    { name: 'engine, one pod', value: ms, unit: 'ms', aim: '0.4', note: `${workload.name}, pod text to patch text` },
    { name: 'engine, pods a second', value: 1000 / ms, unit: '/s', note: 'the same, one thread' },
  ];
}
