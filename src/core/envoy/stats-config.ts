import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { formatProtoDuration, parseGoDuration } from '../mesh/index.ts';
import { readTexts } from './config-reader.ts';
import { optional } from './parts.ts';
import type { Warn } from './settings.ts';

const TAGS_BEFORE: readonly (readonly [string, string])[] = [
  ['cluster_name', String.raw`^cluster(\.(.+);)`],
  ['http_conn_manager_prefix', String.raw`^http\.(((?:[_.[:digit:]\w]*|[_\[\]aAbBcCdDeEfF[:digit:]\w\:]*));\.)`],
  ['thread_name', String.raw`^server(\.(.+))\.watchdog`],
  ['tcp_prefix', String.raw`^tcp\.((.*?)\.)\w+?$`],
  ['response_code', String.raw`_rq(_(\d{3}))$`],
  ['response_code_class', String.raw`_rq(_(\dxx))$`],
  [
    'http_conn_manager_listener_prefix',
    String.raw`^listener(?=\.).*?\.http\.(((?:[_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*))\.)`,
  ],
  ['listener_address', String.raw`^listener\.(((?:[_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*))\.)`],
  ['mongo_prefix', String.raw`^mongo\.(.+?)\.(collection|cmd|cx_|op_|delays_|decoding_)(.*?)$`],
];

const TAGS_AFTER: readonly (readonly [string, string])[] = [
  ['cache', String.raw`(cache\.(.+?)\.)`],
  ['component', String.raw`(component\.(.+?)\.)`],
  ['tag', String.raw`(tag\.(.+?);\.)`],
  ['wasm_filter', String.raw`(wasm_filter\.(.+?)\.)`],
  ['authz_enforce_result', String.raw`rbac(\.(allowed|denied))`],
  ['authz_dry_run_action', String.raw`(\.istio_dry_run_(allow|deny)_)`],
  ['authz_dry_run_result', String.raw`(\.shadow_(allowed|denied))`],
];

const PREFIXES = ['cluster_manager', 'listener_manager', 'server', 'cluster.xds-grpc', 'wasm'];
const REGEXES = [String.raw`vhost\..*\.route\..*`];

export type StatsRequest = {
  readonly proxyConfig: JsonObject;
  readonly annotations: Readonly<Record<string, string>>;
  /** Without duplicates. */
  readonly addresses: readonly string[];
  readonly exitOnZero: boolean;
  readonly metadataDiscovery: boolean;
};

/** Suffixes of statistics that the agent itself needs. */
export function requiredSuffixes(exitOnZero: boolean): readonly string[] {
  const always = ['rbac.allowed', 'rbac.denied', 'shadow_allowed', 'shadow_denied'];
  return exitOnZero ? [...always, 'downstream_cx_active'] : always;
}

/** The regexes that cut tags out of statistic names, in Envoy's order (agent.md 7.4). */
export function statsTags(extra: readonly string[]): readonly JsonObject[] {
  const own = extra.map((tag) => [tag, `(${tag}${String.raw`=\.=(.*?);\.;)`}`] as const);
  return [...TAGS_BEFORE, ...own, ...TAGS_AFTER].map(([tag_name, regex]) => ({ tag_name, regex }));
}

/** `stats_config`: which statistics are kept, and how their names are cut into tags. */
export function statsConfig(request: StatsRequest, warn: Warn): JsonObject {
  const { annotations, proxyConfig } = request;
  const included = (annotation: string, field: string, required: readonly string[]): readonly string[] => {
    const given = annotations[`sidecar.istio.io/${annotation}`] ?? '';
    const chosen = given === '' ? readTexts(proxyConfig, `proxyStatsMatcher/${field}`) : given.split(',');
    return [...chosen, ...required].flatMap((item) =>
      item.includes('{pod_ip}') ? request.addresses.map((address) => item.replaceAll('{pod_ip}', address)) : [item],
    );
  };
  const patterns: JsonObject[] = [
    { prefix: 'reporter=' },
    ...(request.metadataDiscovery ? [{ prefix: 'workload_discovery' }] : []),
    ...included('statsInclusionPrefixes', 'inclusionPrefixes', PREFIXES).map((prefix) => ({ prefix })),
    ...included('statsInclusionSuffixes', 'inclusionSuffixes', requiredSuffixes(request.exitOnZero)).map((suffix) => ({
      suffix,
    })),
    ...included('statsInclusionRegexps', 'inclusionRegexps', REGEXES).map((regex) => ({ safe_regex: { regex } })),
    { prefix: 'component' },
    { prefix: 'istio' },
  ];
  return {
    use_all_default_tags: false,
    stats_tags: statsTags(extraTags(request)),
    ...optional('histogram_bucket_settings', histogramBuckets(annotations, warn)),
    stats_matcher: { inclusion_list: { patterns } },
  };
}

function extraTags({ proxyConfig, annotations }: StatsRequest): readonly string[] {
  const annotated = (annotations['sidecar.istio.io/extraStatTags'] ?? '').split(',');
  return [...new Set([...readTexts(proxyConfig, 'extraStatTags'), ...annotated])].filter((tag) => tag !== '');
}

function histogramBuckets(annotations: Readonly<Record<string, string>>, warn: Warn): JsonValue | undefined {
  const name = 'sidecar.istio.io/statsHistogramBuckets';
  const text = annotations[name] ?? '';
  if (text === '') return undefined;
  const value = parseJson(text);
  if (!isObject(value) || !Object.values(value).every(isNumbers)) {
    warn(`annotation ${name} is no JSON object of lists of numbers and is ignored: ${text.slice(0, 80)}`);
    return undefined;
  }
  const settings = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([prefix, buckets]) => ({ match: { prefix }, buckets }));
  return settings.length === 0 ? undefined : settings;
}

function isNumbers(value: JsonValue): boolean {
  return isArray(value) && value.every((item) => typeof item === 'number');
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

const DEFAULT_FLUSH = 5_000_000_000n;

/**
 * `stats_flush_interval` and `stats_eviction_interval`. Upstream writes the first as Go prints it, `1m30s`, which Envoy
 * refuses (hazard 10): here it is always in seconds.
 */
export function statsIntervals(annotations: Readonly<Record<string, string>>, warn: Warn): JsonObject {
  const read = (name: string): bigint | undefined => {
    const text = annotations[name];
    if (text === undefined) return undefined;
    const duration = parseGoDuration(text);
    if (typeof duration === 'bigint' && duration > 0n) return duration;
    warn(`annotation ${name} is no positive duration and is ignored: ${text.slice(0, 80)}`);
    return undefined;
  };
  const flush = read('sidecar.istio.io/statsFlushInterval');
  let eviction = read('sidecar.istio.io/statsEvictionInterval');
  if (eviction !== undefined && eviction % (flush ?? DEFAULT_FLUSH) !== 0n) {
    warn('annotation sidecar.istio.io/statsEvictionInterval is no multiple of the flush interval and is ignored');
    eviction = undefined;
  }
  return {
    ...optional('stats_flush_interval', flush === undefined ? undefined : formatProtoDuration(flush)),
    ...optional('stats_eviction_interval', eviction === undefined ? undefined : `${eviction / 1_000_000_000n}s`),
  };
}
