import { describe, expect, it } from 'vitest';
import { LATEST } from '../release.ts';
import { validateAnnotations } from './validate-annotations.ts';

/** The failures of a ProxyConfig over the defaults, without the multi-error's frame. */
function failures(text: string): readonly string[] {
  const [problem] = validateAnnotations({ 'proxy.istio.io/config': text }, LATEST);
  const lines = problem?.message.split('\n\t* ').slice(1) ?? [];
  return lines.map((line) => line.replace(/\n+$/, ''));
}

describe('checkProxyConfig', () => {
  it.each([
    ['binaryPath: ""', 'binary path must be set'],
    ['serviceCluster: ""', 'service cluster must be specified'],
    ['drainDuration: 0s', 'invalid drain duration: duration must be greater than 1ms'],
    ['drainDuration: 0.0015s', 'invalid drain duration: only durations to ms precision are supported'],
    ['drainDuration: 1.5s', 'drain time only supports durations to seconds precision'],
    ['discoveryAddress: ""', 'discovery address must be set to the proxy discovery service'],
    [
      'discoveryAddress: a:b',
      'invalid discovery address: port (b) is not a number: strconv.Atoi: parsing "b": invalid syntax',
    ],
    ['discoveryAddress: a:0', 'invalid discovery address: port number 0 must be in the range 1..65535'],
    ['discoveryAddress: a_b:1', 'invalid discovery address: "a_b" is not a valid hostname or an IP address'],
    [
      'discoveryAddress: "::1:80"',
      'invalid discovery address: unable to split "::1:80": address ::1:80: too many colons in address',
    ],
    [
      'tracing: {zipkin: {address: z}}',
      'invalid zipkin config: unable to split "z": address z: missing port in address',
    ],
    [
      'tracing: {datadog: {address: d}}',
      'invalid datadog config: unable to split "d": address d: missing port in address',
    ],
    ['tracing: {lightstep: {address: "l:1"}}', 'invalid lightstep config: access token is required'],
    [
      'tracing: {tlsSettings: {mode: MUTUAL, clientCertificate: c}}',
      'invalid tracing TLS config: private key required for mutual tls',
    ],
    ['statsdUdpAddress: s', 'invalid statsd udp address "s": unable to split "s": address s: missing port in address'],
    [
      'envoyMetricsService: {address: m}',
      'invalid envoy metrics service address "m": unable to split "m": address m: missing port in address',
    ],
    [
      'envoyAccessLogService: {address: l}',
      'invalid envoy access log service address "l": unable to split "l": address l: missing port in address',
    ],
    ['proxyAdminPort: 70000', 'invalid proxy admin port: port number 70000 must be in the range 1..65535'],
    [
      'controlPlaneAuthPolicy: INHERIT',
      'invalid authentication policy: unrecognized control plane auth policy "INHERIT"',
    ],
    ['privateKeyProvider: {cryptomb: {}}', 'invalid private key provider configuration: pollDelay is required'],
    [
      'privateKeyProvider: {qat: {pollDelay: 0s}}',
      'invalid private key provider configuration: pollDelay must be non zero',
    ],
    [
      'connectionSettings: {http2InitialStreamWindowSize: 1}',
      'invalid connection settings: http2InitialStreamWindowSize must be at least 65535',
    ],
  ])('%s', (text, message) => {
    expect(failures(text)).toEqual([message]);
  });

  it('collects all failures, in order', () => {
    expect(failures('privateKeyProvider: {}\nconfigPath: ""')).toEqual([
      'config path must be set',
      'invalid private key provider configuration: private key provider configuration is required',
      'invalid private key provider configuration: unknown private key provider',
    ]);
  });

  it.each([
    'discoveryAddress: "[::1]:80"',
    'discoveryAddress: 127.0.0.1:80',
    'tracing: {zipkin: {address: "$(HOST_IP):9411"}}',
    'tracing: {datadog: {address: "$(HOST_IP):8126"}}',
    'tracingServiceName: CANONICAL_NAME_ONLY',
    'controlPlaneAuthPolicy: NONE',
    'privateKeyProvider: {cryptomb: {pollDelay: 10ms}}',
  ])('accepts %s', (text) => {
    expect(failures(text)).toEqual([]);
  });
});
