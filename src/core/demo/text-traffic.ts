import { cell, fitted, type Stage, wrapped } from './layout.ts';
import type { DemoReport } from './report.ts';
import { shownMetrics } from './shown-metrics.ts';
import { PODS } from './story.ts';
import type { Leg, SentRequest } from './trail.ts';

export const LEG_NAMES: Readonly<Record<Leg, string>> = {
  'pod-to-pod': 'demo-client → demo-red',
  out: 'demo-client → outside',
  in: 'outside → demo-red',
};

/** Of each leg as many as show the pattern. */
const SHOWN_REQUESTS = 3;

export function requestsText({ requests }: DemoReport, { paint, width }: Stage): readonly string[] {
  return (['pod-to-pod', 'out', 'in'] as const).flatMap((leg) => {
    const all = requests.filter((request) => request.leg === leg);
    const left = all.length - SHOWN_REQUESTS;
    return [
      ...all.slice(0, SHOWN_REQUESTS).map((request) => requestLine(request, { paint, width })),
      ...(left > 0 ? [paint('dim', `  … ${left} more, ${summary(all)}`)] : []),
    ];
  });
}

function requestLine(request: SentRequest, { paint, width }: Stage): string {
  const good = request.status === 200;
  const mark = good ? paint('green', '✓') : paint('red', '✗');
  const time = `${request.milliseconds.toFixed(1)} ms`.padStart(9);
  const start = `${LEG_NAMES[request.leg].padEnd(22)}  GET ${request.path.padEnd(14)}  ${request.status}${time}`;
  const seen = `  the application saw ${request.seenPeer}`;
  const end = good && start.length + seen.length < width - 5 ? paint('dim', seen) : '';
  return `${mark} ${fitted(start, width - 5)}${end}${good ? '' : `  ${request.error ?? ''}`}`;
}

function summary(all: readonly SentRequest[]): string {
  const times = all.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  return `${all.filter(({ status }) => status === 200).length} of ${all.length} answered with 200, median ${median.toFixed(1)} ms`;
}

export function rulesText({ pods, kind }: DemoReport, { paint, width }: Stage): readonly string[] {
  return pods.flatMap((pod, i) => {
    const most = Math.max(1, ...pod.rules.map(({ packets }) => packets));
    // The last pod is the one that the story is about: of it all rules are shown, as `iptables -S` does.
    const all = i === pods.length - 1;
    const rules = pod.rules.filter(({ packets }) => all || packets > 0);
    const left = pod.rules.length - rules.length;
    // Reasons where there is room for them beside the rules.
    const ruleWidth = Math.min(Math.max(20, ...rules.map(({ rule }) => rule.length)), width - 40);
    const reasonWidth = width - 42 - ruleWidth;
    return [
      ...(i === 0 ? [] : ['']),
      `${paint('bold', pod.workload)}  ${paint('dim', kind === 'live' ? 'packets, chain, rule' : 'matches, chain, rule')}`,
      ...rules.map(({ table, chain, rule, packets, reason }) => {
        const bar = packets === 0 ? '' : '▇'.repeat(Math.max(1, Math.round((packets / most) * 5)));
        const count = String(packets).padStart(4);
        const where = `${table === 'nat' ? '' : `${table} `}${chain}`;
        const why = reasonWidth > 24 ? fitted(reason, reasonWidth) : '';
        const line = `${cell(where, 22)} ${why === '' ? fitted(rule, ruleWidth) : cell(rule, ruleWidth)}`;
        const told = packets === 0 ? paint('dim', `${count} ${' '.repeat(5)} ${line}`) : '';
        const start = told || `${paint('bold', count)} ${paint('green', bar.padEnd(5))} ${line}`;
        return why === '' ? start : `${start}  ${paint('dim', why)}`;
      }),
      ...(left > 0 ? [paint('dim', `     … ${left} more rules, which nothing met`)] : []),
    ];
  });
}

export function packetText(report: DemoReport, { paint, width }: Stage): readonly string[] {
  const { packets, comparison, kind } = report;
  const ways = packets.flatMap(({ title, pod, packet, rules, outcome }, i) => [
    `${paint('cyan', `${i + 1}`)} ${paint('bold', title)}  ${paint('dim', `in ${pod}`)}`,
    ...wrapped(packet, width - 8).map((line) => `  ${line}`),
    ...rules.flatMap(({ table, chain, rule, reason }) => {
      const text = `${table === 'nat' ? '' : `${table} `}${chain}: ${rule}`;
      const line = `  ${paint('green', '✓')} ${fitted(text, width - 8)}`;
      if (text.length + reason.length + 10 < width) return [`${line}  ${paint('dim', reason)}`];
      return [line, ...wrapped(reason, width - 10).map((part) => `    ${paint('dim', part)}`)];
    }),
    ...wrapped(outcome, width - 10).map(
      (line, at) => `  ${at === 0 ? paint('cyan', '▼') : ' '} ${paint('bold', line)}`,
    ),
    '',
  ]);
  if (kind !== 'live') return ways.slice(0, -1);
  const ruleWidth = Math.min(Math.max(20, ...comparison.map(({ rule }) => rule.length)), width - 57);
  const heading = `${'pod'.padEnd(11)} ${'chain'.padEnd(18)} ${'rule'.padEnd(ruleWidth)}  simulated  kernel`;
  return [
    ...ways,
    paint('dim', heading),
    ...comparison.map(({ pod, table, chain, rule, simulated, counted, agrees }) => {
      const where = `${cell(pod, 11)} ${cell(`${table === 'nat' ? '' : `${table} `}${chain}`, 18)} ${cell(rule, ruleWidth)}`;
      const numbers = `${String(simulated).padStart(9)}  ${String(counted).padStart(6)}`;
      return `${where}  ${numbers} ${agrees ? paint('green', '✓') : paint('red', '✗')}`;
    }),
  ];
}

export function logsText({ pods, trails }: DemoReport, { paint, width }: Stage): readonly string[] {
  const trail = trails.find(({ request }) => request.leg === 'pod-to-pod');
  if (trail === undefined) return ['No request was sent.'];
  const first = trail.stations.map(({ who, address }, i) => {
    const arrow = i === 0 ? ' ' : paint('cyan', '→');
    return `${arrow} ${cell(who, 20)} ${i === 0 || i === trail.stations.length - 1 ? address : `calls on from ${address}`}`;
  });
  const lines = PODS.flatMap(({ workload }, i) => {
    const line = trail.stations.find(({ who }) => who.startsWith(i === 0 ? "client's" : 'demo-red'))?.line;
    const count = pods.find((pod) => pod.workload === workload)?.accessLog.length ?? 0;
    return [
      '',
      `${paint('dim', '$')} ${paint('bold', `kubectl logs ${workload} -c istio-proxy`)}  ${paint('dim', `${count} lines, one of them:`)}`,
      ...wrapped(line ?? '(none)', width - 6).map((text) => `  ${text}`),
    ];
  });
  return [
    `GET ${trail.request.path}`,
    ...first,
    ...(trail.missing === undefined ? [] : [paint('red', `✗ ${trail.missing}`)]),
    ...lines,
  ];
}

export function metricsText(report: DemoReport, { paint, width }: Stage): readonly string[] {
  return shownMetrics(report).flatMap(({ workload, lines }, i) => [
    ...(i === 0 ? [] : ['']),
    `${paint('dim', '$')} ${paint('bold', `curl ${workload}:15020/stats/prometheus | grep istio_`)}`,
    ...lines.map(({ name, labels, value }) => {
      const text = fitted(`${name}${labels}`, width - 6 - String(value).length);
      return `  ${text} ${paint('bold', String(value))}`;
    }),
  ]);
}
