import { isObject, type JsonValue } from '../json.ts';
import { atLeast, type Release } from '../release.ts';
import { checkTracing } from './check-tracing.ts';
import { durationNanoseconds, formatGoDuration } from './duration.ts';
import { numberOf, objectOf, textOf } from './fields.ts';
import { goQuote } from './go-text.ts';
import { checkPort, checkProxyAddress } from './proxy-address.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** One thing that Istio refuses. */
export type ConfigFailure = {
  /** Istio's text. */
  readonly text: string;
  /** JSON name of the field concerned. */
  readonly field: string;
  /**
   * A value with which upstream's own tests inject although this check refuses it: durations out of range (42s for all
   * of 1.0's), status port 0 (a nil mesh config). Readers of a mesh config let it pass with a warning.
   */
  readonly tolerable?: true;
};

type Fail = (field: string, text: string) => void;

const MILLISECOND = 1_000_000n;
const SECOND = 1000n * MILLISECOND;
const HOUR = 3600n * SECOND;

/** Bounds of upstream's validation package. */
const CONNECT_TIMEOUT = [MILLISECOND, 30n * SECOND] as const;
const REFRESH_DELAY = [SECOND, 600n * SECOND] as const;
const DRAIN_MAX = HOUR;
const PARENT_SHUTDOWN_MAX = HOUR;

/** Minor releases from which a check differs. */
const WITHOUT_REFRESH_DELAY = 1;
const WITHOUT_CONNECT_TIMEOUT = 6;
const CHECKED_STATUS_PORT = 9;
const SERVICE_NAME_CHOICE = 11;
const WITHOUT_PARENT_SHUTDOWN = 18;

/**
 * Istio's checks of a complete ProxyConfig (injection.md 7.3), all failures collected, in Istio's order.
 * Upstream: ValidateMeshConfigProxyConfig, ValidateProxyConfig up to 1.10.
 */
export function checkProxyConfig(config: ProxyConfig, release: Release): readonly ConfigFailure[] {
  const failures: ConfigFailure[] = [];
  const fail = (field: string, text: string): void => {
    failures.push({ field, text });
  };
  const check = (field: string, prefix: string, wrong: string | undefined): void => {
    if (wrong !== undefined) fail(field, `${prefix} ${wrong}`);
  };
  const text = (field: string): string => textOf(config[field]);

  if (text('configPath') === '') fail('configPath', 'config path must be set');
  if (text('binaryPath') === '') fail('binaryPath', 'binary path must be set');
  checkClusterName(config, release, fail);
  failures.push(...checkDrain(config, release));
  if (!atLeast(release, WITHOUT_REFRESH_DELAY)) {
    const field = 'discoveryRefreshDelay';
    failures.push(...rangeFailures(field, text(field), 'invalid refresh delay:', REFRESH_DELAY));
  }
  if (text('discoveryAddress') === '') {
    fail('discoveryAddress', 'discovery address must be set to the proxy discovery service');
  } else {
    check('discoveryAddress', 'invalid discovery address:', checkProxyAddress(text('discoveryAddress')));
  }
  if (text('zipkinAddress') !== '' && !atLeast(release, WITHOUT_REFRESH_DELAY)) {
    check('zipkinAddress', 'invalid zipkin address:', checkProxyAddress(text('zipkinAddress')));
  }
  if (!atLeast(release, WITHOUT_CONNECT_TIMEOUT)) {
    const field = 'connectTimeout';
    failures.push(...rangeFailures(field, text(field), 'invalid connect timeout:', CONNECT_TIMEOUT));
  }
  for (const wrong of checkTracing(objectOf(config.tracing), release)) fail('tracing', wrong);
  const addresses: readonly (readonly [field: string, address: string, what: string])[] = [
    ['statsdUdpAddress', text('statsdUdpAddress'), 'statsd udp address'],
    ['envoyMetricsServiceAddress', text('envoyMetricsServiceAddress'), 'envoy metrics service address'],
    ['envoyMetricsService', addressOf(config.envoyMetricsService), 'envoy metrics service address'],
    ['envoyAccessLogService', addressOf(config.envoyAccessLogService), 'envoy access log service address'],
  ];
  for (const [field, address, what] of addresses) {
    if (address !== '') check(field, `invalid ${what} ${goQuote(address)}:`, checkProxyAddress(address));
  }
  check('proxyAdminPort', 'invalid proxy admin port:', checkPort(numberOf(config.proxyAdminPort)));
  checkAuthenticationPolicy(config, release, fail);
  if (atLeast(release, CHECKED_STATUS_PORT)) failures.push(...checkStatusPort(config.statusPort ?? 0));
  checkPrivateKeyProvider(config, fail);
  checkConnectionSettings(config, fail);
  return failures;
}

function checkClusterName(config: ProxyConfig, release: Release, fail: Fail): void {
  const given = config.serviceCluster;
  if (!atLeast(release, SERVICE_NAME_CHOICE)) {
    if (textOf(given) === '') fail('serviceCluster', 'service cluster must be set');
  } else if (given === '') {
    fail('serviceCluster', 'service cluster must be specified');
  } else if (given === undefined && config.tracingServiceName === undefined) {
    fail('serviceCluster', 'oneof service cluster or tracing service name must be specified');
  }
}

function checkDrain(config: ProxyConfig, release: Release): readonly ConfigFailure[] {
  const drainText = config.drainDuration;
  const drain = durationNanoseconds(drainText);
  const failures: ConfigFailure[] = [];
  const wrongDrain = checkDuration(drainText, release);
  const alone = atLeast(release, WITHOUT_PARENT_SHUTDOWN);
  const prefix = alone ? '' : 'invalid parent and drain time combination ';
  const add = (field: string, text: string, tolerable = false): void => {
    failures.push({ field, text: prefix + text, ...(tolerable ? { tolerable: true } : {}) });
  };
  if (wrongDrain !== undefined) add('drainDuration', `invalid drain duration: ${wrongDrain}`);
  const parentText = alone ? undefined : textOrNothing(config.parentShutdownDuration);
  const wrongParent = alone ? undefined : checkDuration(parentText, release);
  if (wrongParent !== undefined) add('parentShutdownDuration', `invalid parent shutdown duration: ${wrongParent}`);
  if (failures.length > 0) return failures;

  if (drain % SECOND !== 0n) add('drainDuration', 'drain time only supports durations to seconds precision');
  if (alone) return failures;
  const field = 'parentShutdownDuration';
  const parent = durationNanoseconds(parentText);
  if (parent % SECOND !== 0n) add(field, 'parent shutdown time only supports durations to seconds precision');
  const [drainShown, parentShown] = [formatGoDuration(drain), formatGoDuration(parent)];
  if (parent <= drain) {
    add(field, `parent shutdown time ${parentShown} must be greater than drain time ${drainShown}`, true);
  }
  if (drain > DRAIN_MAX) {
    add('drainDuration', `drain time ${drainShown} must be <${formatGoDuration(DRAIN_MAX)}`, true);
  }
  if (parent > PARENT_SHUTDOWN_MAX) {
    add(field, `parent shutdown time ${parentShown} must be <${formatGoDuration(PARENT_SHUTDOWN_MAX)}`, true);
  }
  return failures;
}

/** At least a millisecond, and whole ones. */
function checkDuration(text: string | undefined, release: Release): string | undefined {
  if (text === undefined && !atLeast(release, SERVICE_NAME_CHOICE)) return 'duration: nil Duration';
  const duration = durationNanoseconds(text);
  if (duration < MILLISECOND) return 'duration must be greater than 1ms';
  return duration % MILLISECOND === 0n ? undefined : 'only durations to ms precision are supported';
}

/** A duration with bounds; used for those of the mesh config, too. */
export function rangeFailures(
  field: string,
  text: string,
  prefix: string,
  [minimum, maximum]: readonly [bigint, bigint],
): readonly ConfigFailure[] {
  const duration = durationNanoseconds(text === '' ? undefined : text);
  if (duration < MILLISECOND) return [{ field, text: `${prefix} duration must be greater than 1ms` }];
  if (duration % MILLISECOND !== 0n) return [{ field, text: `${prefix} only durations to ms precision are supported` }];
  if (duration >= minimum && duration <= maximum) return [];
  const bounds = `must be >${formatGoDuration(minimum)} and <${formatGoDuration(maximum)}`;
  return [{ field, text: `${prefix} time ${formatGoDuration(duration)} ${bounds}`, tolerable: true }];
}

export const MESH_BOUNDS = { connectTimeout: CONNECT_TIMEOUT, refreshDelay: REFRESH_DELAY } as const;

function checkAuthenticationPolicy(config: ProxyConfig, release: Release, fail: Fail): void {
  const policy = config.controlPlaneAuthPolicy ?? 'NONE';
  if (policy === 'NONE' || policy === 'MUTUAL_TLS') return;
  const text = `unrecognized control plane auth policy ${goQuote(String(policy))}`;
  const prefix = atLeast(release, SERVICE_NAME_CHOICE) ? 'invalid authentication policy: ' : '';
  fail('controlPlaneAuthPolicy', prefix + text);
}

function checkStatusPort(port: number): readonly ConfigFailure[] {
  const wrong = checkPort(port);
  if (wrong === undefined) return [];
  const failure = { field: 'statusPort', text: `invalid status port: ${wrong}` };
  return [port === 0 ? { ...failure, tolerable: true } : failure];
}

function checkPrivateKeyProvider(config: ProxyConfig, fail: Fail): void {
  const given = config.privateKeyProvider;
  if (!isObject(given)) return;
  const add = (text: string): void => fail('privateKeyProvider', `invalid private key provider configuration: ${text}`);
  const provider = given.cryptomb ?? given.qat;
  if (!isObject(provider)) {
    add('private key provider configuration is required');
    add('unknown private key provider');
  } else if (provider.pollDelay === undefined) {
    add('pollDelay is required');
  } else if (durationNanoseconds(textOf(provider.pollDelay)) === 0n) {
    add('pollDelay must be non zero');
  }
}

type Limit = readonly [field: string, minimum: number, text: string];

/** New in 1.31. */
const CONNECTION_LIMITS: readonly Limit[] = [
  ['listenerPerConnectionBufferLimitBytes', 0, 'must be non-negative'],
  ['clusterPerConnectionBufferLimitBytes', 0, 'must be non-negative'],
  ['httpMaxConcurrentStreams', 1, 'must be positive'],
  ['http2InitialStreamWindowSize', 65535, 'must be at least 65535'],
  ['http2InitialConnectionWindowSize', 65535, 'must be at least 65535'],
  ['listenerConnectionLimit', 1, 'must be positive'],
  ['globalDownstreamConnectionLimit', 1, 'must be positive'],
];

function checkConnectionSettings(config: ProxyConfig, fail: Fail): void {
  const settings = objectOf(config.connectionSettings);
  for (const [field, minimum, text] of CONNECTION_LIMITS) {
    const value = settings[field];
    if (typeof value === 'number' && value < minimum) {
      fail('connectionSettings', `invalid connection settings: ${field} ${text}`);
    }
  }
}

function textOrNothing(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function addressOf(value: JsonValue | undefined): string {
  return textOf(objectOf(value).address);
}
