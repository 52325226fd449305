import { compareCodePoints, isObject } from '../json.ts';
import type { Problem } from '../problem.ts';
import { atLeast, formatRelease, type Release } from '../release.ts';
import {
  type AnnotationCheck,
  checkBool,
  checkInterceptionMode,
  checkInterceptionModeOld,
  checkInterfaces,
  checkQuantity,
  checkUint32,
  ipRanges,
  ports,
  statusPort,
} from './annotation-checks.ts';
import { messageDescriptor } from './descriptor.ts';
import { multiErrorText } from './go-text.ts';
import { defaultProxyConfig } from './mesh-defaults.ts';
import { overlayMessage } from './message.ts';
import { PROXY_CONFIG_ANNOTATION, type ProxyConfig, readProxyConfigText } from './proxy-config.ts';
import { checkProxyConfig } from './validate-proxy-config.ts';

type Row = {
  readonly name: string;
  /** Minor releases, inclusive, that validate it in this way. */
  readonly since: number;
  readonly until?: number;
  /** Of the minor `since`; the first one when absent. */
  readonly patch?: number;
  readonly check: AnnotationCheck | 'proxy config';
  readonly remedy: string;
};

/** Reads ports with netip and prints them as text. The exact minor of this change upstream is not known: 1.9 to 1.20. */
const NETIP = 16;

const MODE = 'sidecar.istio.io/interceptionMode';
const STATUS_PORT = 'status.sidecar.istio.io/port';
const READINESS = 'readiness.status.sidecar.istio.io';
const TRAFFIC = 'traffic.sidecar.istio.io';

const PORTS = 'Give ports from 0 to 65535, separated by commas.';
const RANGES = 'Give IP ranges such as 10.0.0.0/8, separated by commas without spaces.';
const SECONDS = 'Give a number without sign or spaces.';
const INTERFACES = 'Give names of network interfaces of at most 15 characters, separated by commas.';
const QUANTITY = 'Give a Kubernetes quantity such as 100m or 128Mi.';
const BOOL = 'Give true or false.';

/** In the order in which 1.0 and 1.1 validate; other releases collect, and we sort by name. */
const ROWS: readonly Row[] = [
  { name: MODE, since: 0, until: 1, check: checkInterceptionModeOld, remedy: 'Give REDIRECT or TPROXY.' },
  { name: MODE, since: 2, check: checkInterceptionMode, remedy: 'Give REDIRECT, TPROXY or NONE.' },
  { name: STATUS_PORT, since: 1, until: NETIP - 1, check: statusPort('number'), remedy: PORTS },
  { name: STATUS_PORT, since: NETIP, check: statusPort('text'), remedy: PORTS },
  ...['initialDelaySeconds', 'periodSeconds', 'failureThreshold'].map(
    (field): Row => ({ name: `${READINESS}/${field}`, since: 1, check: checkUint32, remedy: SECONDS }),
  ),
  {
    name: `${READINESS}/applicationPorts`,
    since: 1,
    until: 4,
    check: ports('readinessApplicationPorts', { wildcard: true, reader: 'number' }),
    remedy: PORTS,
  },
  ...rangeRows('includeOutboundIPRanges', 'includeIPRanges', true),
  ...rangeRows('excludeOutboundIPRanges', 'excludeIPRanges', false),
  ...portRows('includeInboundPorts', true, 0),
  ...portRows('excludeInboundPorts', false, 0),
  ...portRows('excludeOutboundPorts', false, 4),
  ...[`${TRAFFIC}/excludeInterfaces`, `${TRAFFIC}/kubevirtInterfaces`, 'istio.io/reroute-virtual-interfaces'].map(
    (name): Row => ({ name, since: 30, check: checkInterfaces, remedy: INTERFACES }),
  ),
  { name: 'sidecar.istio.io/enableCoreDump', since: 5, until: 24, check: checkBool, remedy: BOOL },
  { name: 'prometheus.istio.io/merge-metrics', since: 6, check: checkBool, remedy: BOOL },
  {
    name: PROXY_CONFIG_ANNOTATION,
    since: 6,
    check: 'proxy config',
    remedy: 'Give YAML whose fields the ProxyConfig reference names.',
  },
  ...['proxyCPU', 'proxyMemory', 'proxyCPULimit', 'proxyMemoryLimit'].map(
    (name): Row => ({
      name: `sidecar.istio.io/${name}`,
      since: 28,
      patch: 4,
      check: checkQuantity,
      remedy: QUANTITY,
    }),
  ),
];

/** Up to this minor the first failure ends the validation; in the next one failures are collected in this order. */
const FIRST_ONLY = 0;
const OLD_FRAME = 1;

/**
 * What Istio's injector refuses in a pod's annotations (injection.md 7), one Problem per annotation, empty where it
 * accepts. Only annotations that are present and that the release validates are looked at.
 *
 * | release | text of a Problem                                                | which are told, and in what order    |
 * |---------|------------------------------------------------------------------|--------------------------------------|
 * | 1.0     | `injection failed. Invalid value for annotation A: V. Error: M`  | the first, in the order of the table |
 * | 1.1     | the same                                                         | all, in the order of the table       |
 * | 1.2+    | `invalid value 'V' for annotation 'A': M`                        | all, by name (upstream: at random)   |
 *
 * `annotationErrorText` makes of them the text that fails the injection.
 */
export function validateAnnotations(
  annotations: { readonly [name: string]: unknown },
  release: Release,
): readonly Problem[] {
  const problems: { readonly name: string; readonly problem: Problem }[] = [];
  for (const row of rowsOf(release)) {
    if (!Object.hasOwn(annotations, row.name)) continue;
    const value = annotations[row.name];
    if (typeof value !== 'string') continue;
    const wrong = row.check === 'proxy config' ? checkProxyConfigText(value, release) : row.check(value);
    if (wrong === undefined) continue;
    problems.push({ name: row.name, problem: invalid(row, value, wrong, release) });
    if (release.minor <= FIRST_ONLY) break;
  }
  if (release.minor > OLD_FRAME) problems.sort((a, b) => compareCodePoints(a.name, b.name));
  return problems.map(({ problem }) => problem);
}

/** The whole error text of the injection: the Problem's own in 1.0, a multi-error since. */
export function annotationErrorText(problems: readonly Problem[], release: Release): string {
  const messages = problems.map((problem) => problem.message);
  return release.minor <= FIRST_ONLY ? messages.join('\n') : multiErrorText(messages);
}

/** What Istio only warns of, since 1.26: proxyMetadata that is about to lose its meaning. */
export function annotationWarnings(
  annotations: { readonly [name: string]: unknown },
  release: Release,
): readonly Problem[] {
  const text = annotations[PROXY_CONFIG_ANNOTATION];
  if (typeof text !== 'string' || !atLeast(release, 26)) return [];
  const config = readProxyConfigText(text, release);
  const metadata = config.ok ? config.value.proxyMetadata : undefined;
  if (!isObject(metadata) || !Object.hasOwn(metadata, 'ISTIO_META_DNS_AUTO_ALLOCATE')) return [];
  return [
    {
      code: 'ANNOTATION_INVALID',
      severity: 'warning',
      message: "'ISTIO_META_DNS_AUTO_ALLOCATE' is deprecated",
      where: { pointer: pointerTo(PROXY_CONFIG_ANNOTATION) },
      remedy: 'Use version 2 of DNS auto allocation: ServiceEntries get their addresses from istiod.',
    },
  ];
}

function isValidatedBy({ since, patch, until }: Row, release: Release): boolean {
  return atLeast(release, since, patch) && release.minor <= (until ?? Number.MAX_VALUE);
}

const rowsByRelease = new Map<string, readonly Row[]>();

function rowsOf(release: Release): readonly Row[] {
  const key = formatRelease(release);
  const known = rowsByRelease.get(key);
  if (known !== undefined) return known;
  const rows = ROWS.filter((row) => isValidatedBy(row, release));
  rowsByRelease.set(key, rows);
  return rows;
}

function rangeRows(name: string, parameter: string, wildcard: boolean): readonly Row[] {
  const row = { name: `${TRAFFIC}/${name}`, remedy: RANGES };
  return [
    { ...row, since: 0, until: NETIP - 1, check: ipRanges(parameter, { wildcard, netip: false }) },
    { ...row, since: NETIP, check: ipRanges(parameter, { wildcard, netip: true }) },
  ];
}

function portRows(name: string, wildcard: boolean, since: number): readonly Row[] {
  const row = { name: `${TRAFFIC}/${name}`, remedy: PORTS };
  const rows: readonly Row[] = [
    { ...row, since: 0, until: 0, check: ports(name, { wildcard, reader: 'signed16' }) },
    { ...row, since: Math.max(since, 1), until: NETIP - 1, check: ports(name, { wildcard, reader: 'number' }) },
    { ...row, since: NETIP, check: ports(name, { wildcard, reader: 'text' }) },
  ];
  return since > 0 ? rows.slice(1) : rows;
}

/** Over the built-in defaults, whatever the mesh says. */
function checkProxyConfigText(text: string, release: Release): string | undefined {
  const patch = readProxyConfigText(text, release);
  if (!patch.ok) {
    return `failed to convert to apply proxy config: ${patch.problems.map((problem) => problem.message).join('; ')}`;
  }
  const descriptor = messageDescriptor('ProxyConfig', release);
  const config = overlayMessage(defaultProxyConfig(release), patch.value, descriptor, release) as ProxyConfig;
  const failures = checkProxyConfig(config, release);
  return failures.length === 0 ? undefined : multiErrorText(failures.map((failure) => failure.text));
}

function invalid(row: Row, value: string, wrong: string, release: Release): Problem {
  return {
    code: 'ANNOTATION_INVALID',
    severity: 'error',
    message:
      release.minor <= OLD_FRAME
        ? `injection failed. Invalid value for annotation ${row.name}: ${value}. Error: ${wrong}`
        : `invalid value '${value}' for annotation '${row.name}': ${wrong}`,
    where: { pointer: pointerTo(row.name) },
    remedy: row.remedy,
  };
}

function pointerTo(annotation: string): string {
  return `/metadata/annotations/${annotation.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
