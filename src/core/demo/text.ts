import { cell, commandLine, fitted, type Paint, type Stage, wrapped } from './layout.ts';
import type { Chapter, DemoReport, PodReport, RunProcess } from './report.ts';
import { APPLICATION_UID, OUTSIDE } from './story.ts';
import { logsText, metricsText, packetText, requestsText, rulesText } from './text-traffic.ts';
import { CHAPTER_TEXTS } from './words.ts';

/** A chapter for a terminal, ending in a newline. */
export function renderChapter(chapter: Chapter, report: DemoReport, stage: Stage): string {
  const { paint, width } = stage;
  const { title, why } = CHAPTER_TEXTS[chapter];
  const body = BODIES[chapter](report, stage).map((line) => (line === '' ? '' : `   ${line}`));
  if (chapter === 'cast') return `\n${body.join('\n')}\n`;
  const about = wrapped(why(report), width - 4).map((line) => `   ${paint('dim', line)}`);
  return `\n${[paint('bold', paint('cyan', title)), ...about, '', ...body].join('\n')}\n`;
}

/** The last line: what came of it. */
export function renderEnd(report: DemoReport, { paint, width }: Stage): string {
  const { checks, failure, milliseconds = 0, kind } = report;
  const seconds = (milliseconds / 1000).toFixed(1);
  const last = checks.at(-1);
  const cleaned = last?.id === 'nothing-left' ? `   ${checkLines([last], { paint, width }).join('\n   ')}\n` : '';
  const failed = checks.filter(({ held }) => !held);
  if (failure !== undefined) {
    const lines = wrapped(`Broken off: ${failure}`, width - 1).map((line) => paint('red', line));
    return `${cleaned}\n${lines.join('\n')}\n`;
  }
  if (failed.length > 0)
    return `${cleaned}\n${paint('red', `${failed.length} of ${checks.length} checks did not hold.`)}\n`;
  const what =
    kind === 'live'
      ? `All ${checks.length} checks held: every request passed its sidecars. ${seconds} s.`
      : `All ${checks.length} checks held, in the simulator: no packet was sent. ${seconds} s.`;
  return `${cleaned}\n${paint('green', what)}\n`;
}

const BODIES: Readonly<Record<Chapter, (report: DemoReport, stage: Stage) => readonly string[]>> = {
  cast: castText,
  injection: injectionText,
  init: initText,
  proxy: proxyText,
  requests: requestsText,
  rules: rulesText,
  packet: packetText,
  logs: logsText,
  metrics: metricsText,
  checks: ({ checks }, stage) => checkLines(checks, stage),
};

/** The pods as boxes in a row, joined by the bridge. */
function castText(report: DemoReport, { paint, width }: Stage): readonly string[] {
  const { kind, mode, engine, because } = report;
  const head =
    kind === 'live'
      ? [`${paint('bold', 'Two pods, live on this kernel')}: ${engine?.description ?? ''}, ${mode}.`]
      : [
          `${paint('bold', 'Two pods, simulated')}: ${because}.`,
          ...wrapped(
            'Injection and rules are real, packets go through the simulator. As root on Linux this runs.',
            width - 4,
          ),
        ];
  const inner = Math.max(16, Math.min(24, Math.floor((width - 19) / 3)));
  const boxes = [
    ...report.pods.map((pod) => podBox(pod, inner)),
    ['outside', OUTSIDE.address, '', 'no sidecar', ''].map((line) => cell(line, inner)),
  ];
  const rows = [0, 1, 2, 3, 4].map((row) =>
    boxes
      .map((box, i) => `│ ${i === 2 && row > 2 ? paint('dim', box[row] ?? '') : (box[row] ?? '')} │`)
      .join(row === 1 ? '──' : '  '),
  );
  const edge = (left: string, right: string): string =>
    boxes.map(() => `${left}${'─'.repeat(inner + 2)}${right}`).join('  ');
  return [...head, '', edge('┌', '┐'), ...rows, edge('└', '┘')];
}

function podBox(pod: PodReport, inner: number): readonly string[] {
  return [
    `pod ${pod.workload}`,
    pod.address,
    '',
    `application uid ${APPLICATION_UID}`,
    `istio-proxy ${pod.proxy.uid === 0 ? `gid ${pod.proxy.gid}` : `uid ${pod.proxy.uid}`}`,
  ].map((line) => cell(line, inner));
}

function injectionText({ pods }: DemoReport, { paint, width }: Stage): readonly string[] {
  const lines = pods.flatMap((pod) => {
    const { injection } = pod;
    const command = `$ remora kube-inject -f ${pod.workload}.yaml`;
    return [
      `${paint('dim', '$')} ${paint('bold', command.slice(2))}`,
      ...wrapped(`injected, by rule ${injection.decidedBy}: ${injection.because}`, width - 6).map(
        (line) => `  ${line}`,
      ),
      ...wrapped(
        `init containers: ${injection.initContainers.join(', ')}; containers: ${injection.containers.join(', ')}`,
        width - 6,
      ).map((line) => `  ${line}`),
    ];
  });
  const known = ['ISTIO_META_', 'ISTIO_KUBE'];
  const [pod] = pods.slice(-1);
  const env = Object.entries(pod?.proxy.env ?? {}).filter(([name]) => !known.some((prefix) => name.startsWith(prefix)));
  const names = Math.max(0, ...env.map(([name]) => name.length));
  return [
    ...lines,
    '',
    `What the kubelet fills in for istio-proxy of ${pod?.workload}:`,
    ...env.map(([name, value]) => `  ${paint('cyan', name.padEnd(names))}  ${fitted(value, width - names - 9)}`),
  ];
}

function initText({ kind, pods }: DemoReport, stage: Stage): readonly string[] {
  const [first] = pods;
  return [
    ...(first === undefined ? [] : processText(first.init, stage)),
    '',
    ...pods.map(({ workload, init }) => {
      const end =
        init.exitCode === undefined
          ? 'not run here'
          : init.exitCode === 0
            ? `Terminated, Completed, exit code 0, ${init.milliseconds} ms`
            : `Terminated, Error, exit code ${init.exitCode}`;
      const mark = init.exitCode === undefined ? stage.paint('dim', '·') : markOf(init.exitCode === 0, stage.paint);
      return `${mark} ${workload.padEnd(12)} ${kind === 'live' ? end : stage.paint('dim', end)}`;
    }),
  ];
}

function proxyText({ kind, engine, pods }: DemoReport, stage: Stage): readonly string[] {
  const { paint, width } = stage;
  const [first] = pods;
  return [
    ...(first === undefined ? [] : processText(first.proxy, stage)),
    '',
    ...pods.map((pod) => {
      const { workload, proxy, application } = pod;
      if (kind !== 'live') return `${paint('dim', '·')} ${workload.padEnd(12)} ${paint('dim', 'not run here')}`;
      const state = pod.ready === true ? `2/2 Running  ready after ${proxy.milliseconds} ms` : '1/2 not ready';
      const start = `${workload.padEnd(12)} ${state}`;
      const long = `sidecar pid ${proxy.pid}, ${proxy.runsAs?.uid}:${proxy.runsAs?.gid}; application pid ${application?.pid}, uid ${application?.runsAs.uid}`;
      const room = width - start.length - 8;
      const who = long.length <= room ? long : `pids ${proxy.pid}, ${application?.pid}`;
      return `${markOf(pod.ready === true, paint)} ${start}  ${paint('dim', fitted(who, room))}`;
    }),
    ...(engine === undefined ? [] : ['', `Engine: ${engine.description}.`]),
  ];
}

/** A container's command line as it stands in the manifest, and who runs it. */
function processText(run: RunProcess, { paint, width }: Stage): readonly string[] {
  const words = wrapped(commandLine(['pilot-agent', ...run.args]), width - 7);
  const capabilities = run.capabilities.map((name) => name.toUpperCase()).join(', ') || 'no capabilities';
  return [
    ...words.map(
      (line, i) =>
        `${i === 0 ? `${paint('dim', '$')} ` : '  '}${paint('bold', line)}${i < words.length - 1 ? paint('dim', ' \\') : ''}`,
    ),
    `  ${paint('dim', `container ${run.container}: uid ${run.uid}, gid ${run.gid}, ${capabilities}`)}`,
  ];
}

function checkLines(checks: DemoReport['checks'], { paint, width }: Stage): readonly string[] {
  return checks.flatMap(({ what, held, evidence }) => {
    const lines = wrapped(what, width - 8);
    const room = width - 8 - (lines.at(-1)?.length ?? 0);
    const short = evidence.length <= room - 2;
    return [
      ...lines.map((line, i) => {
        const start = i === 0 ? `${markOf(held, paint)} ` : '  ';
        return `${start}${line}${short && i === lines.length - 1 ? `  ${paint('dim', evidence)}` : ''}`;
      }),
      ...(short ? [] : wrapped(evidence, width - 8).map((line) => `    ${paint(held ? 'dim' : 'red', line)}`)),
    ];
  });
}

function markOf(held: boolean, paint: Paint): string {
  return held ? paint('green', '✓') : paint('red', '✗');
}
