import { isObject, type JsonObject } from '../json.ts';
import { atLeast, type Release } from '../release.ts';
import { objectOf, textOf } from './fields.ts';
import { checkProxyAddress } from './proxy-address.ts';

/** `$(HOST_IP)` in the address of Zipkin: 1.9 and later; Datadog always had it. */
const HOST_IP_IN_ZIPKIN = 9;

/** Istio's checks of ProxyConfig.tracing; each text is Istio's. */
export function checkTracing(tracing: JsonObject, release: Release): readonly string[] {
  const failures: string[] = [];
  if (isObject(tracing.lightstep)) {
    const lightstep = tracing.lightstep;
    const address = textOf(lightstep.address);
    const prefix = 'invalid lightstep config:';
    if (address === '') failures.push(`${prefix} address is required`);
    const wrong = checkProxyAddress(address);
    if (wrong !== undefined) failures.push(`${prefix} invalid lightstep address: ${wrong}`);
    if (textOf(lightstep.accessToken) === '') failures.push(`${prefix} access token is required`);
  }
  for (const tracer of ['zipkin', 'datadog']) {
    const given = tracing[tracer];
    if (!isObject(given)) continue;
    const substituted = tracer === 'datadog' || atLeast(release, HOST_IP_IN_ZIPKIN);
    const address = textOf(given.address);
    const wrong = checkProxyAddress(substituted ? address.replace('$(HOST_IP)', '127.0.0.1') : address);
    if (wrong !== undefined) failures.push(`invalid ${tracer} config: ${wrong}`);
  }
  for (const wrong of checkClientTls(objectOf(tracing.tlsSettings))) {
    failures.push(`invalid tracing TLS config: ${wrong}`);
  }
  return failures;
}

function checkClientTls(settings: JsonObject): readonly string[] {
  const failures: string[] = [];
  const mode = textOf(settings.mode);
  const has = (field: string): boolean => textOf(settings[field]) !== '';
  const names = settings.subjectAltNames !== undefined;
  if (settings.insecureSkipVerify === true) {
    if (mode === 'SIMPLE' && (has('caCertificates') || has('credentialName') || names)) {
      failures.push(
        'cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true',
      );
    }
    if (mode === 'MUTUAL' && (has('caCertificates') || names)) {
      failures.push('cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true');
    }
  }
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && has('credentialName')) {
    if (['clientCertificate', 'caCertificates', 'privateKey', 'caCrl'].some(has)) {
      failures.push('cannot specify client certificates or CA certificate or CA CRL If credentialName is set');
    }
    return failures;
  }
  if (mode === 'MUTUAL' && !has('clientCertificate')) failures.push('client certificate required for mutual tls');
  if (mode === 'MUTUAL' && !has('privateKey')) failures.push('private key required for mutual tls');
  return failures;
}
