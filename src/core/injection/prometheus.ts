import { parseGoBool } from '../go-values.ts';
import { type JsonObject, stringifyGoJson } from '../json.ts';
import type { Problem } from '../problem.ts';
import type { Release } from '../release.ts';
import type { PodTemplate } from './model.ts';
import { annotationOf, annotationsOf, sidecarOf, withAnnotations, withEnv, withSidecar } from './pod.ts';
import { behaves } from './releases.ts';

/** What of the mesh config the merge of metrics needs. */
export type MetricsSettings = {
  readonly release: Release;
  /** `defaultConfig.statusPort`: where the agent serves the merged metrics. */
  readonly statusPort: number;
  /** `enablePrometheusMerge`; absent means enabled. */
  readonly enablePrometheusMerge: boolean | undefined;
};

export type MetricsResult =
  | { readonly ok: true; readonly pod: PodTemplate; readonly because?: string; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problem: Problem };

/**
 * Points Prometheus at the agent, which scrapes the application and Envoy and serves both (injection.md 4.6, from 1.6).
 * What the application's annotations said goes to the agent in ISTIO_PROMETHEUS_ANNOTATIONS.
 *
 * | scrape annotation | merge annotation | mesh        | port = status port | result                    |
 * |-------------------|------------------|-------------|--------------------|---------------------------|
 * | false             |                  |             |                    | untouched                 |
 * | else              | false            |             |                    | untouched                 |
 * | else              | absent           | false       |                    | untouched                 |
 * | else              | true, or absent and not false  || yes                | untouched: done before    |
 * | else              | true, or absent and not false  || no                 | merged                    |
 *
 * Up to 1.12 a scrape annotation of false stops nothing.
 */
export function mergePrometheus(pod: PodTemplate, settings: MetricsSettings): MetricsResult {
  const untouched: MetricsResult = { ok: true, pod, problems: [] };
  const annotations = annotationsOf(pod);
  const respected = behaves(settings.release, 'prometheus-annotations-respected');
  const found = prometheusAnnotations(annotations, settings.release);
  if (respected && parseGoBool(found.scrape) === false) return untouched;
  if (!isPrometheusMergeEnabled(settings.enablePrometheusMerge, annotations)) return untouched;
  const statusPort = String(settings.statusPort);
  if (found.portKey !== undefined && found.port === statusPort) return untouched;

  const read = readScrape(found, settings);
  if (!read.ok) return read;
  const told = withScrapeEnv(pod, read.scrape);
  const merged = withAnnotations(told, [
    ...found.keys.map((key) => [key, undefined] as const),
    ['prometheus.io/port', statusPort],
    ['prometheus.io/path', '/stats/prometheus'],
    ['prometheus.io/scrape', 'true'],
  ]);
  return {
    ok: true,
    pod: merged,
    because: `Prometheus scrapes the agent on port ${statusPort}.`,
    problems: read.problems,
  };
}

/** The annotation decides where it is a Go boolean, else the mesh, else yes. */
export function isPrometheusMergeEnabled(mesh: boolean | undefined, annotations: JsonObject): boolean {
  const text = annotations['prometheus.istio.io/merge-metrics'];
  const own = typeof text === 'string' ? parseGoBool(text) : undefined;
  return own ?? mesh ?? true;
}

/** Sets the port of the TLS-protected metrics where the sidecar serves them (1.31 and later). */
export function withSecurePort(pod: PodTemplate): PodTemplate {
  const taken = Object.keys(annotationsOf(pod)).some((key) => sanitize(key) === 'prometheus_istio_io_secure_port');
  const env = taken ? undefined : sidecarOf(pod)?.env;
  if (!Array.isArray(env)) return pod;
  const port = (env as readonly JsonObject[]).find((item) => item.name === 'ENVOY_SECURE_MERGED_METRICS_PORT')?.value;
  if (typeof port !== 'string' || port === '' || port === '0') return pod;
  return withAnnotations(pod, [['prometheus.istio.io/secure-port', port]]);
}

/** The annotations without those of Prometheus, as a re-injection sees them: the ones found are Istio's own. */
export function withoutPrometheusAnnotations(pod: PodTemplate, release: Release): PodTemplate {
  const { keys } = prometheusAnnotations(annotationsOf(pod), release);
  return withAnnotations(
    pod,
    keys.map((key) => [key, undefined] as const),
  );
}

/** Whether `prometheus.io/port`, spelled exactly so, is the status port: the mark of an earlier injection. */
export function isScrapedThroughAgent(pod: PodTemplate, statusPort: number): boolean {
  return annotationOf(pod, 'prometheus.io/port') === String(statusPort);
}

type Found = {
  readonly scrape: string;
  readonly path: string;
  readonly port: string;
  readonly targets: string;
  readonly portKey: string | undefined;
  readonly keys: readonly string[];
};

const FIELDS: ReadonlyMap<string, 'scrape' | 'path' | 'port' | 'targets'> = new Map([
  ['prometheus_io_scrape', 'scrape'],
  ['prometheus_io_path', 'path'],
  ['prometheus_io_port', 'port'],
  ['prometheus_istio_io_scrape_targets', 'targets'],
]);

/**
 * Prometheus itself cannot tell `prometheus.io/port` from `prometheus/io-port`: all spellings count, the first wins. Up to
 * 1.12 only the usual one does.
 */
function prometheusAnnotations(annotations: JsonObject, release: Release): Found {
  const anySpelling = behaves(release, 'prometheus-annotations-respected');
  const values = new Map<string, string>();
  const keys: string[] = [];
  let portKey: string | undefined;
  for (const key of Object.keys(annotations)) {
    if (!key.startsWith(anySpelling ? 'prometheus' : 'prometheus.io/')) continue;
    const field = FIELDS.get(sanitize(key));
    const value = annotations[key];
    if (field === undefined || typeof value !== 'string') continue;
    keys.push(key);
    if (field === 'port') portKey ??= key;
    if (!values.has(field)) values.set(field, value);
  }
  const get = (field: string): string => values.get(field) ?? '';
  return { scrape: get('scrape'), path: get('path'), port: get('port'), targets: get('targets'), portKey, keys };
}

function sanitize(key: string): string {
  return key.replace(/[^a-zA-Z0-9_]/gu, '_');
}

type Target = { readonly port: string; readonly path: string };

type Scrape = {
  readonly scrape: string;
  readonly path: string;
  readonly port: string;
  readonly targets?: readonly Target[];
};

type ReadScrape =
  | { readonly ok: true; readonly scrape: Scrape; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problem: Problem };

function readScrape(found: Found, settings: MetricsSettings): ReadScrape {
  const { scrape, path, port } = found;
  if (!behaves(settings.release, 'prometheus-targets'))
    return { ok: true, scrape: { scrape, path, port }, problems: [] };
  const { targets, problems } = readTargets(found.targets);
  const first = targets[0];
  if (first !== undefined) {
    for (const target of targets) {
      const wrong = portProblem(target.port, settings.statusPort, 'target port ');
      if (wrong !== undefined) return { ok: false, problem: refused(`invalid prometheus scrape targets: ${wrong}`) };
    }
    return { ok: true, scrape: { scrape, path: first.path, port: first.port, targets }, problems };
  }
  if (port !== '') {
    const wrong = portProblem(port, settings.statusPort, 'port ');
    if (wrong !== undefined)
      return { ok: false, problem: refused(`invalid prometheus scrape configuration: ${wrong}`) };
  }
  return { ok: true, scrape: { scrape, path, port }, problems };
}

/** `8080, 9100:/custom`: the path defaults to /metrics. One entry without a port voids the list, with a warning. */
function readTargets(text: string): { readonly targets: readonly Target[]; readonly problems: readonly Problem[] } {
  const targets: Target[] = [];
  for (const part of text.split(',')) {
    const entry = part.trim();
    if (entry === '') continue;
    const colon = entry.indexOf(':');
    const port = (colon < 0 ? entry : entry.slice(0, colon)).trim();
    const path = colon < 0 ? '' : entry.slice(colon + 1).trim();
    if (port === '') return { targets: [], problems: [emptyTargetPort(text)] };
    targets.push({ port, path: path === '' ? '/metrics' : path });
  }
  return { targets, problems: [] };
}

function emptyTargetPort(text: string): Problem {
  return {
    code: 'PROMETHEUS_PORT',
    severity: 'warning',
    message: `prometheus.istio.io/scrape-targets "${text}" has an entry without a port, so no target is scraped`,
    where: { pointer: '/metadata/annotations/prometheus.istio.io~1scrape-targets' },
    remedy: 'Write every target as PORT or PORT:PATH.',
  };
}

/** Ports on which the sidecar itself serves: scraping one would loop or fetch Envoy's metrics twice. */
const RESERVED: ReadonlyMap<number, string> = new Map([
  [15000, 'Envoy admin'],
  [15001, 'outbound traffic capture'],
  [15004, 'pilot debug'],
  [15006, 'inbound traffic capture'],
  [15008, 'HBONE tunnel'],
  [15020, 'pilot-agent status / merged Prometheus'],
  [15021, 'Envoy health'],
  [15053, 'DNS proxy'],
  [15090, 'Envoy Prometheus (already merged)'],
]);

function portProblem(text: string, statusPort: number, what: string): string | undefined {
  const port = /^[+]?\d{1,9}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) return `invalid ${what}"${text}"`;
  if (port === statusPort) return `${what}${port} conflicts with agent port`;
  const reason = RESERVED.get(port);
  return reason === undefined ? undefined : `${what}${port} is reserved for Istio (${reason}) and cannot be scraped`;
}

function refused(message: string): Problem {
  return {
    code: 'PROMETHEUS_PORT',
    severity: 'error',
    message,
    remedy: 'Give the port on which the application itself serves its metrics, or set prometheus.io/scrape to "false".',
  };
}

function withScrapeEnv(pod: PodTemplate, scrape: Scrape): PodTemplate {
  if (scrape.scrape === '' && scrape.path === '' && scrape.port === '' && scrape.targets === undefined) return pod;
  return withSidecar(pod, (sidecar) => withEnv(sidecar, 'ISTIO_PROMETHEUS_ANNOTATIONS', stringifyGoJson(scrape)));
}
