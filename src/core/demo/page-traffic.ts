import { escapeXml } from '../xml.ts';
import type { DemoReport } from './report.ts';
import { shownMetrics } from './shown-metrics.ts';
import { LEG_NAMES } from './text-traffic.ts';

export function requestsPart({ requests, trails }: DemoReport): string {
  const rows = requests.map((request) => {
    const trail = trails.find((one) => one.request.path === request.path);
    const way = (trail?.stations ?? []).map(({ address }) => `<code>${escapeXml(address)}</code>`).join(' → ');
    const good = request.status === 200 && trail?.missing === undefined;
    const told = trail?.missing ?? request.error;
    return `<tr class="${good ? '' : 'bad'}"><td>${escapeXml(LEG_NAMES[request.leg])}</td><td><code>${escapeXml(request.path)}</code></td><td>${request.status}</td><td class="number">${request.milliseconds.toFixed(1)} ms</td><td>${way}${told === undefined ? '' : ` ${escapeXml(told)}`}</td></tr>`;
  });
  return `<div class="wide tall"><table><thead><tr><th>from → to</th><th>path</th><th>status</th><th class="number">time</th><th>by these sockets, from the logs of the sidecars</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

export function rulesPart({ pods }: DemoReport): string {
  const blocks = pods.map((pod) => {
    const most = Math.max(1, ...pod.rules.map(({ packets }) => packets));
    const rows = pod.rules.map(({ table, chain, rule, packets, reason }) => {
      const bar = `<i style="width:${Math.round((packets / most) * 100)}%"></i>`;
      return `<tr class="${packets === 0 ? 'idle' : ''}"><td class="number">${packets}</td><td class="bar">${bar}</td><td>${escapeXml(table)}</td><td>${escapeXml(chain)}</td><td><code>${escapeXml(rule)}</code><small>${escapeXml(reason)}</small></td></tr>`;
    });
    return `<details open><summary>${escapeXml(pod.workload)}</summary><div class="wide"><table><thead><tr><th class="number">packets</th><th></th><th>table</th><th>chain</th><th>rule, and why it is there</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`;
  });
  return blocks.join('');
}

export function packetPart({ packets, comparison, kind }: DemoReport): string {
  const cards = packets.map(({ title, pod, packet, rules, outcome }, i) => {
    const steps = rules.map(
      ({ table, chain, rule, reason }) =>
        `<li><b>${escapeXml(table === 'nat' ? chain : `${table} ${chain}`)}</b> <code>${escapeXml(rule)}</code><small>${escapeXml(reason)}</small></li>`,
    );
    return `<div class="card"><h3><span>${i + 1}</span>${escapeXml(title)}</h3><p class="why">${escapeXml(pod)}: ${escapeXml(packet)}</p><ol>${steps.join('')}</ol><p class="end">${escapeXml(outcome)}</p></div>`;
  });
  const table =
    kind === 'live'
      ? `<h3>The simulator and the kernel, for one request</h3><div class="wide"><table><thead><tr><th>pod</th><th>chain</th><th>rule</th><th class="number">simulated</th><th class="number">kernel</th><th></th></tr></thead><tbody>${comparison
          .map(
            ({ pod, table: name, chain, rule, simulated, counted, agrees }) =>
              `<tr class="${agrees ? '' : 'bad'}"><td>${escapeXml(pod)}</td><td>${escapeXml(name === 'nat' ? chain : `${name} ${chain}`)}</td><td><code>${escapeXml(rule)}</code></td><td class="number">${simulated}</td><td class="number">${counted}</td><td>${agrees ? '✓' : '✗'}</td></tr>`,
          )
          .join('')}</tbody></table></div>`
      : '';
  return `<div class="row two">${cards.join('')}</div>${table}`;
}

/** Of a log the last lines: a page that is kept open goes on growing. */
const SHOWN_LINES = 12;

export function logsPart({ pods }: DemoReport): string {
  return pods
    .map(
      ({ workload, accessLog }) =>
        `<h3>${escapeXml(workload)} <small>${accessLog.length} lines</small></h3><pre class="log">${escapeXml(accessLog.slice(-SHOWN_LINES).join('\n'))}</pre>`,
    )
    .join('');
}

export function metricsPart(report: DemoReport): string {
  return shownMetrics(report)
    .map(({ workload, lines }) => {
      const rows = lines.map(
        ({ name, labels, value }) =>
          `<tr><td><code>${escapeXml(name)}</code><small>${escapeXml(labels)}</small></td><td class="number">${value}</td></tr>`,
      );
      return `<h3>${escapeXml(workload)}</h3><div class="wide"><table>${rows.join('')}</table></div>`;
    })
    .join('');
}
