import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { failed, type Parsed } from '../problem.ts';
import { atLeast, parseRelease } from '../release.ts';
import { type Bootstrap, buildBootstrap } from './bootstrap.ts';
import { buildEarlyBootstrap } from './bootstrap-1-0.ts';
import { readFlag, readMap, readNumber, readObject, readText, readTexts } from './config-reader.ts';
import { type CloudPlatform, settingProblem } from './settings.ts';

/** Builds the bootstrap for an input as JSON: the facts alone, or a document that has them as `input`. */
export function bootstrapForCase(document: JsonValue): Parsed<Bootstrap> {
  const input = isObject(document) && isObject(document.input) ? document.input : document;
  if (!isObject(input)) return refusal('the input must be a JSON object', '');
  if (!isObject(input.proxyConfig))
    return refusal('proxyConfig must be an object: the effective ProxyConfig', '/proxyConfig');
  const env = input.env ?? [];
  if (!isArray(env) || env.some((line) => typeof line !== 'string')) {
    return refusal('env must be a list of NAME=value texts', '/env');
  }
  if (typeof input.nodeId !== 'string') return refusal('nodeId must be a text', '/nodeId');
  if (isEarly(isObject(document) ? document : {}, input)) {
    return buildEarlyBootstrap({
      nodeId: input.nodeId,
      env: readTexts(input, 'env'),
      proxyConfig: input.proxyConfig,
      pilotSubjectAltNames: readTexts(input, 'pilotSubjectAltName'),
    });
  }
  return buildBootstrap({
    nodeId: input.nodeId,
    binaryVersion: readText(input, 'binaryVersion'),
    instanceIps: readTexts(input, 'instanceIPs'),
    env: readTexts(input, 'env'),
    labelsFile: fileText(input.labelsFile),
    annotationsFile: fileText(input.annotationsFile),
    proxyConfig: input.proxyConfig,
    pilotSubjectAltNames: readTexts(input, 'pilotSubjectAltName'),
    outlierLogPath: readText(input, 'outlierLogPath'),
    stsPort: readNumber(input, 'stsPort'),
    prometheusPort: readNumber(input, 'envoyPrometheusPort'),
    statusPort: readNumber(input, 'envoyStatusPort'),
    secureMetricsPort: readNumber(input, 'envoySecureMetricsPort'),
    secureMergedMetricsPort: readNumber(input, 'envoySecureMergedMetricsPort'),
    workloadIdentitySocket: readText(input, 'workloadIdentitySocketFile'),
    metadataDiscovery: readFlag(input, 'metadataDiscovery'),
    exitOnZeroActiveConnections: readFlag(input, 'exitOnZeroActiveConnections') ?? false,
    skipDeprecatedLogs: readFlag(input, 'envoySkipDeprecatedLogs') ?? false,
    credentialSocket: readFlag(input, 'credentialSocketExists') ?? false,
    fileCredentials: readFlag(input, 'customCredentialsFileExists') ?? false,
    logAsJson: readFlag(input, 'logAsJson') ?? false,
    compliancePolicy: readText(input, 'compliancePolicy'),
    platform: platform(readObject(input, 'platform')),
    features: {
      deltaXds: readFlag(input, 'features/ISTIO_DELTA_XDS') ?? true,
      dualStack: readFlag(input, 'features/ISTIO_DUAL_STACK') ?? false,
      statusPortProxyProtocol: readFlag(input, 'features/ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL') ?? false,
      httpStripFragment: readFlag(input, 'features/HTTP_STRIP_FRAGMENT_FROM_PATH_UNSAFE_IF_DISABLED') ?? true,
      dnsProxyAddress: readText(input, 'features/DNS_PROXY_ADDR'),
    },
  });
}

/** Release 1.0 counted epochs of hot restarts and had none of today's facts; a release that is named decides first. */
function isEarly(document: JsonObject, input: JsonObject): boolean {
  const named = readText(input, 'release') || readText(document, 'source/tag') || readText(document, 'release');
  const release = named === '' ? undefined : parseRelease(named);
  if (release?.ok === true) return !atLeast(release.value, 1);
  return input.epoch !== undefined && input.instanceIPs === undefined;
}

function fileText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function platform(given: JsonObject | undefined): CloudPlatform {
  const locality = given ?? {};
  return {
    kubernetes: readFlag(locality, 'kubernetes') ?? true,
    metadata: readMap(locality, 'metadata'),
    labels: readMap(locality, 'labels'),
    locality: {
      region: readText(locality, 'locality/region'),
      zone: readText(locality, 'locality/zone'),
      subZone: readText(locality, 'locality/subZone') || readText(locality, 'locality/sub_zone'),
    },
  };
}

function refusal(message: string, pointer: string): Parsed<never> {
  return failed(settingProblem(message, 'error', pointer));
}
