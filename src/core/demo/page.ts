import { escapeXml } from '../xml.ts';
import { element } from './html.ts';
import { commandLine } from './layout.ts';
import { renderPicture } from './page-picture.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-style.ts';
import { logsPart, metricsPart, packetPart, requestsPart, rulesPart } from './page-traffic.ts';
import type { Chapter, DemoReport, RunProcess } from './report.ts';
import { CHAPTER_TEXTS } from './words.ts';

/** The page, whole: nothing is loaded from anywhere. Its script exchanges the story whenever there is more of it. */
export function renderPage(story: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Remora: a sidecar at work</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main id="story" aria-live="polite">${story}</main>
<footer>Served by <code>remora demo --web</code> on this machine only. The same as data: <a href="/report.json">report.json</a></footer>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** The story so far: its head, and the chapters that have been told. */
export function renderStory(report: DemoReport, chapters: readonly Chapter[]): string {
  const told = chapters.filter((chapter): chapter is Told => isTold(chapter, report));
  const parts = told.map((chapter, i) => {
    const { title, why } = CHAPTER_TEXTS[chapter];
    const head = `<h2><span>${i + 1}</span>${escapeXml(title)}</h2><p class="why">${escapeXml(why(report))}</p>`;
    return `<section id="${chapter}">${head}${PARTS[chapter](report)}</section>`;
  });
  return [head(report), renderPicture(report), checksPart(report), ...parts].join('\n');
}

type Told = Exclude<Chapter, 'cast' | 'checks'>;

/** Cast and checks are the head of the page, and a simulated story has no traffic to show. */
function isTold(chapter: Chapter, { kind }: DemoReport): boolean {
  if (chapter === 'cast' || chapter === 'checks') return false;
  return kind === 'live' || !['requests', 'logs', 'metrics'].includes(chapter);
}

function head({ kind, because, engine, mode, milliseconds, failure, checks }: DemoReport): string {
  const failed = checks.filter(({ held }) => !held).length;
  const verdict =
    failure !== undefined || failed > 0
      ? element(
          'b',
          { class: 'pill bad' },
          failure === undefined ? `${failed} checks did not hold` : `broken off: ${failure}`,
        )
      : milliseconds === undefined
        ? element(
            'b',
            { class: 'pill' },
            checks.length === 0 ? 'running' : `running, ${checks.length} checks held so far`,
          )
        : element('b', { class: 'pill good' }, `${checks.length} checks held`);
  const what =
    kind === 'live'
      ? `Live on this kernel, with ${engine?.description ?? 'no engine'}, ${mode}.`
      : `Simulated, since ${because ?? 'nothing is run'}. Injection and rules are real; packets go through the simulator.`;
  const seconds = milliseconds === undefined ? '' : ` ${(milliseconds / 1000).toFixed(1)} s.`;
  return `<header><h1>A sidecar at work</h1><p>${escapeXml(what + seconds)} ${verdict}</p></header>`;
}

const PARTS: Readonly<Record<Told, (report: DemoReport) => string>> = {
  injection: injectionPart,
  init: (report) => processPart(report, 'init'),
  proxy: (report) => processPart(report, 'proxy'),
  requests: requestsPart,
  rules: rulesPart,
  packet: packetPart,
  logs: logsPart,
  metrics: metricsPart,
};

function injectionPart({ pods }: DemoReport): string {
  const cards = pods.map(({ workload, pod, injection }) => {
    const added = [...injection.initContainers, ...injection.containers].map((name) =>
      element('span', { class: name.startsWith('istio-') ? 'chip new' : 'chip' }, name),
    );
    return `<div class="card"><h3>${escapeXml(workload)}</h3><p>${added.join(' ')}</p><p class="why">Injected by rule <code>${escapeXml(injection.decidedBy)}</code>: ${escapeXml(injection.because)}<br>Pod <code>${escapeXml(pod)}</code></p></div>`;
  });
  return `<div class="row">${cards.join('')}</div>`;
}

function processPart({ pods, kind }: DemoReport, which: 'init' | 'proxy'): string {
  const [first] = pods;
  if (first === undefined) return '';
  const run: RunProcess = first[which];
  const capabilities = run.capabilities.map((name) => name.toUpperCase()).join(', ') || 'no capabilities';
  const states = pods.map((pod) => {
    const process = pod[which];
    if (kind !== 'live') return `<li>${escapeXml(pod.workload)}: not run here</li>`;
    if (which === 'init') {
      const good = process.exitCode === 0;
      const end = good
        ? `Terminated, Completed, exit code 0, ${process.milliseconds} ms`
        : `exit code ${process.exitCode}`;
      return `<li class="${good ? 'good' : 'bad'}">${escapeXml(`${pod.workload}: ${end}`)}</li>`;
    }
    const good = pod.ready === true;
    const who = `sidecar ${process.runsAs?.uid}:${process.runsAs?.gid}, application ${pod.application?.runsAs.uid}`;
    return `<li class="${good ? 'good' : 'bad'}">${escapeXml(`${pod.workload}: ${good ? `ready after ${process.milliseconds} ms` : 'not ready'}, ${who}`)}</li>`;
  });
  const env = Object.entries(pods.at(-1)?.[which].env ?? {}).map(
    ([name, value]) => `<tr><th>${escapeXml(name)}</th><td><code>${escapeXml(value)}</code></td></tr>`,
  );
  return `<pre>$ ${escapeXml(commandLine(['pilot-agent', ...run.args]))}</pre>
<p class="why">Container <code>${run.container}</code>: uid ${run.uid}, gid ${run.gid}, ${escapeXml(capabilities)}</p>
<ul class="marks">${states.join('')}</ul>
<details><summary>${env.length} variables of ${escapeXml(pods.at(-1)?.workload ?? '')}, as the kubelet fills them in</summary><div class="wide"><table>${env.join('')}</table></div></details>`;
}

function checksPart({ checks }: DemoReport): string {
  if (checks.length === 0) return '';
  const items = checks.map(
    ({ what, held, evidence }) =>
      `<li class="${held ? 'good' : 'bad'}">${escapeXml(what)}<small>${escapeXml(evidence)}</small></li>`,
  );
  return `<section id="checks"><ul class="marks two">${items.join('')}</ul></section>`;
}
