import { describe, expect, it } from 'vitest';
import { simulationChecks } from './checks.ts';
import { type InjectedPod, injectPods } from './injected-pods.ts';
import { type PodScene, simulatedCounts, simulateRequest } from './one-request.ts';
import { renderPage, renderStory } from './page.ts';
import { CHAPTERS, type DemoReport } from './report.ts';
import { type InterceptionMode, SUBNET } from './story.ts';
import { renderChapter, renderEnd } from './text.ts';

const plain = (_style: string, text: string): string => text;
const marked = (style: string, text: string): string => `<${style}>${text}</${style}>`;

/** A simulated story with the requests of a live one. */
function story(mode: InterceptionMode): DemoReport {
  const injected = injectPods(mode, { cpus: 2, memoryBytes: 2 ** 30 }, 'test', {});
  if (!injected.ok) throw new Error('not injected');
  const scene = ({ part, planned, proxy }: InjectedPod): PodScene => {
    const interfaces = [{ name: SUBNET.interface, addresses: [part.address] }];
    return {
      rules: planned,
      proxy,
      network: { interfaces, defaultInterface: SUBNET.interface, routes: planned.routes, proxy },
    };
  };
  const [client, red] = injected.value;
  if (client === undefined || red === undefined) throw new Error('no pods');
  const packets = simulateRequest(scene(client), scene(red), mode);
  const request = {
    leg: 'pod-to-pod',
    path: '/pod-to-pod/1',
    status: 200,
    milliseconds: 1234.5,
    from: '10.32.0.7:40456',
    seenPeer: '127.0.0.6:56338',
  } as const;
  return {
    version: 1,
    kind: 'live',
    engine: { name: 'embedded', description: 'the embedded engine' },
    mode,
    pods: injected.value.map(({ report, planned }) => ({
      ...report,
      ready: true,
      init: { ...report.init, exitCode: 0, milliseconds: 100 },
      proxy: { ...report.proxy, pid: 4_194_304, milliseconds: 1000, runsAs: { uid: 1337, gid: 1337 } },
      application: { pid: 4_194_303, runsAs: { uid: 1000, gid: 1000 } },
      rules: simulatedCounts(report.workload, planned, packets),
      accessLog: [],
    })),
    requests: Array(5).fill(request),
    trails: [{ request, stations: [{ who: 'caller', address: request.from, line: 'x'.repeat(30) }] }],
    packets: packets.map(({ path: _, ...shown }) => shown),
    comparison: packets.flatMap(({ pod, rules }) =>
      rules.map(({ table, chain, rule }) => ({ pod, table, chain, rule, simulated: 1, counted: 1, agrees: true })),
    ),
    checks: simulationChecks(packets, mode),
    milliseconds: 2_500,
  };
}

describe.each(['REDIRECT', 'TPROXY'] as const)('the story with %s', (mode) => {
  const report = story(mode);

  it.each([80, 100, 140])('fits into %i columns, and no line ends in blanks', (width) => {
    const text = CHAPTERS.map((chapter) => renderChapter(chapter, report, { width, paint: plain })).join('');
    const lines = `${text}${renderEnd(report, { width, paint: plain })}`.split('\n');
    expect(lines.length).toBeGreaterThan(80);
    expect(lines.filter((line) => line.length > width)).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });

  it('colours what it says, and says the same without', () => {
    const stage = { width: 100, paint: marked };
    const coloured = CHAPTERS.map((chapter) => renderChapter(chapter, report, stage)).join('');
    const without = CHAPTERS.map((chapter) => renderChapter(chapter, report, { ...stage, paint: plain })).join('');
    expect(coloured).toContain('<green>✓</green>');
    expect(coloured.replaceAll(/<\/?(?:bold|dim|red|green|yellow|cyan)>/g, '')).toBe(without);
  });
});

describe('the last line', () => {
  const report = story('REDIRECT');
  const end = (change: Partial<DemoReport>): string =>
    renderEnd({ ...report, ...change }, { width: 100, paint: plain });

  it('says what came of it', () => {
    expect(end({})).toContain('All 5 checks held: every request passed its sidecars. 2.5 s.');
    expect(end({ kind: 'simulated' })).toContain('in the simulator: no packet was sent');
    expect(end({ checks: report.checks.map((check) => ({ ...check, held: false })) })).toContain(
      '5 of 5 checks did not hold',
    );
    expect(end({ failure: 'the kernel said no' })).toContain('Broken off: the kernel said no');
  });
});

describe('the page', () => {
  const report = story('REDIRECT');

  it('has every chapter that was told, and no other', () => {
    const sections = (html: string): readonly (string | undefined)[] =>
      [...html.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
    expect(sections(renderStory(report, CHAPTERS))).toEqual([
      'checks',
      ...CHAPTERS.filter((chapter) => chapter !== 'cast' && chapter !== 'checks'),
    ]);
    expect(sections(renderStory({ ...report, checks: [] }, CHAPTERS.slice(0, 2)))).toEqual(['injection']);
    expect(sections(renderStory({ ...report, kind: 'simulated' }, CHAPTERS))).not.toContain('requests');
  });

  it('escapes what it was told', () => {
    const [pod] = report.pods;
    if (pod === undefined) throw new Error('no pod');
    const bad = '<script>alert("x")</script>';
    const html = renderStory(
      {
        ...report,
        failure: bad,
        because: bad,
        pods: [{ ...pod, workload: bad, accessLog: [bad], metrics: [] }],
        requests: report.requests.map((request) => ({ ...request, error: bad, path: bad })),
      },
      CHAPTERS,
    );
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
  });

  it('loads nothing from anywhere', () => {
    const html = renderPage(renderStory(report, CHAPTERS));
    expect(html).not.toMatch(/https?:\/\/|@import|url\((?!#tip)/);
  });
});
