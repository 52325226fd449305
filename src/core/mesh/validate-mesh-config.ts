import { isObject } from '../json.ts';
import type { Problem } from '../problem.ts';
import { atLeast, type Release } from '../release.ts';
import { durationNanoseconds } from './duration.ts';
import { objectsOf, textOf, textsOf } from './fields.ts';
import { goQuote } from './go-text.ts';
import { checkLocalityLoadBalancing } from './locality.ts';
import { checkPort, checkProxyAddress, checkTrustDomain, checkWildcardDomain } from './proxy-address.ts';
import type { MeshConfig } from './proxy-config.ts';
import { type ConfigFailure, checkProxyConfig, MESH_BOUNDS, rangeFailures } from './validate-proxy-config.ts';

/** Minor releases from which (or to which) Istio makes a check. */
const LAST_WITH_MIXER = 8;
const PROTOCOL_DETECTION = 3;
const LOCALITY = 5;
const TRUST_DOMAIN = 10;
const MESH_TLS = 16;

/**
 * Istio's checks of a complete mesh config, all failures collected, in Istio's order (ValidateMeshConfig). An error
 * means that istiod and istioctl of that release refuse it. What `ConfigFailure.tolerable` names is only warned of. Extension providers are not checked; upstream only logs about them.
 */
export function validateMeshConfig(mesh: MeshConfig, release: Release): readonly Problem[] {
  const failures: ConfigFailure[] = [
    ...checkMixer(mesh, release),
    ...prefixed('proxyListenPort', 'invalid proxy listen port:', checkPort(mesh.proxyListenPort ?? 0)),
    ...rangeFailures(
      'connectTimeout',
      textOf(mesh.connectTimeout),
      'invalid connect timeout:',
      MESH_BOUNDS.connectTimeout,
    ),
    ...(atLeast(release, 1) ? [] : checkFirstRelease(mesh)),
    ...(atLeast(release, PROTOCOL_DETECTION) ? checkProtocolDetection(mesh) : []),
    ...checkProxyConfig(mesh.defaultConfig ?? {}, release).map((failure) => ({
      ...failure,
      field: `defaultConfig/${failure.field}`,
    })),
    ...(atLeast(release, LOCALITY) ? localityFailures(mesh) : []),
    ...checkServiceSettings(mesh),
    ...(atLeast(release, TRUST_DOMAIN) ? checkTrustDomains(mesh) : []),
    ...(atLeast(release, MESH_TLS) ? checkMeshTls(mesh) : []),
  ];
  return failures.map((failure) => ({
    code: 'MESH_CONFIG_INVALID',
    severity: failure.tolerable === true ? 'warning' : 'error',
    message: failure.text,
    where: { pointer: `/${failure.field}` },
    remedy: `Correct ${failure.field.replaceAll('/', '.')} in the mesh config; Istio of this release refuses it.`,
  }));
}

function checkMixer(mesh: MeshConfig, release: Release): readonly ConfigFailure[] {
  if (atLeast(release, LAST_WITH_MIXER + 1)) return [];
  const servers = [
    ['mixerCheckServer', 'invalid Policy Check Server address:'],
    ['mixerReportServer', 'invalid Telemetry Server address:'],
  ] as const;
  return servers.flatMap(([field, prefix]) => {
    const address = textOf(mesh[field]);
    return address === '' ? [] : prefixed(field, prefix, checkProxyAddress(address));
  });
}

/** Checks that only 1.0 makes. */
function checkFirstRelease(mesh: MeshConfig): readonly ConfigFailure[] {
  const policy = mesh.authPolicy ?? 'NONE';
  const known = policy === 'NONE' || policy === 'MUTUAL_TLS';
  return [
    ...(known ? [] : [{ field: 'authPolicy', text: `unrecognized auth policy ${goQuote(String(policy))}` }]),
    ...(['rds', 'sds'] as const).flatMap((name) => {
      const field = `${name}RefreshDelay`;
      return rangeFailures(field, textOf(mesh[field]), `invalid ${name} refresh delay:`, MESH_BOUNDS.refreshDelay);
    }),
  ];
}

function checkProtocolDetection(mesh: MeshConfig): readonly ConfigFailure[] {
  const field = 'protocolDetectionTimeout';
  const timeout = durationNanoseconds(textOf(mesh[field]) || undefined);
  if (timeout % 1_000_000n === 0n) return [];
  return [{ field, text: 'invalid protocol detection timeout: only durations to ms precision are supported' }];
}

function localityFailures(mesh: MeshConfig): readonly ConfigFailure[] {
  const setting = mesh.localityLbSetting;
  if (!isObject(setting)) return [];
  return checkLocalityLoadBalancing(setting).map((text) => ({ field: 'localityLbSetting', text }));
}

function checkServiceSettings(mesh: MeshConfig): readonly ConfigFailure[] {
  return objectsOf(mesh.serviceSettings).flatMap((settings, index) =>
    textsOf(settings.hosts).flatMap((host) => {
      const wrong = checkWildcardDomain(host);
      if (wrong === undefined) return [];
      return [{ field: 'serviceSettings', text: `serviceSettings[${index}], host \`${host}\`: ${wrong}` }];
    }),
  );
}

function checkTrustDomains(mesh: MeshConfig): readonly ConfigFailure[] {
  const own = checkTrustDomain(mesh.trustDomain ?? '');
  return [
    ...(own === undefined ? [] : [{ field: 'trustDomain', text: `trustDomain: ${own}` }]),
    ...textsOf(mesh.trustDomainAliases).flatMap((alias, index) => {
      const wrong = checkTrustDomain(alias);
      if (wrong === undefined) return [];
      const text = `trustDomainAliases[${index}], domain \`${alias}\` : ${wrong}`;
      return [{ field: 'trustDomainAliases', text }];
    }),
  ];
}

function checkMeshTls(mesh: MeshConfig): readonly ConfigFailure[] {
  const tls = mesh.meshMTLS;
  if (!isObject(tls) || tls.ecdhCurves === undefined) return [];
  return [{ field: 'meshMTLS', text: 'mesh TLS does not support ECDH curves configuration' }];
}

function prefixed(field: string, prefix: string, wrong: string | undefined): readonly ConfigFailure[] {
  return wrong === undefined ? [] : [{ field, text: `${prefix} ${wrong}` }];
}
