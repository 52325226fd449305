import type { JsonObject } from '../json.ts';
import { readText, readTexts } from './config-reader.ts';
import { grpcServices, named, optional, typed } from './parts.ts';

/** Certificates that a pod's settings give in place of those of `tlsSettings`. */
export type ClientCertificates = { readonly chain: string; readonly key: string; readonly root: string };

/** A secret that the agent serves over SDS. */
export function sdsSecret(name: string, waitForEver = false): JsonObject {
  return {
    name,
    sds_config: {
      api_config_source: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        ...grpcServices('sds-grpc'),
      },
      ...(waitForEver ? { initial_fetch_timeout: '0s' } : {}),
      resource_api_version: 'V3',
    },
  };
}

export type UpstreamTls = {
  readonly settings: JsonObject | undefined;
  /** SNI of ISTIO_MUTUAL where the settings have none. */
  readonly name: string;
  readonly http2: boolean;
  readonly certificates: ClientCertificates;
};

/** `transport_socket` of a tracer or service, or nothing without TLS (agent.md 7.3). */
export function upstreamTls({ settings, name, http2, certificates }: UpstreamTls): JsonObject {
  const mode = settings === undefined ? 'DISABLE' : readText(settings, 'mode') || 'DISABLE';
  if (settings === undefined || mode === 'DISABLE') return {};
  const istio = mode === 'ISTIO_MUTUAL';
  const alpn = http2 ? { alpn_protocols: istio ? ['istio', 'h2'] : ['h2'] } : {};
  const sni = readText(settings, 'sni') || (istio ? name : '');
  const common = {
    ...alpn,
    ...(istio ? { tls_certificate_sds_secret_configs: [sdsSecret('default', true)] } : {}),
    ...(mode === 'MUTUAL' ? clientCertificate(settings, certificates) : {}),
    ...validation(settings, istio, certificates),
  };
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: typed('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
        common_tls_context: common,
        ...optional('sni', sni),
      }),
    },
  };
}

function clientCertificate(settings: JsonObject, certificates: ClientCertificates): JsonObject {
  const chain = certificates.chain || readText(settings, 'clientCertificate');
  const key = certificates.key || readText(settings, 'privateKey');
  if (chain === '' || key === '') return {};
  return { tls_certificate_sds_secret_configs: [sdsSecret(`file-cert:${chain}~${key}`)] };
}

function validation(settings: JsonObject, istio: boolean, certificates: ClientCertificates): JsonObject {
  const names = readTexts(settings, 'subjectAltNames');
  const root = certificates.root || readText(settings, 'caCertificates');
  const secret = istio ? sdsSecret('ROOTCA', true) : root === '' ? undefined : sdsSecret(`file-root:${root}`);
  const context = names.length === 0 ? {} : { match_subject_alt_names: names.map((exact) => ({ exact })) };
  return {
    combined_validation_context: {
      default_validation_context: context,
      ...optional('validation_context_sds_secret_config', secret),
    },
  };
}

/** TLS of a listener that only clients of the mesh may use. */
export function downstreamTls(): JsonObject {
  return {
    transport_socket: named(
      'envoy.transport_sockets.tls',
      'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      {
        require_client_certificate: true,
        common_tls_context: {
          tls_certificate_sds_secret_configs: [sdsSecret('default')],
          combined_validation_context: {
            default_validation_context: {},
            validation_context_sds_secret_config: sdsSecret('ROOTCA'),
          },
        },
      },
    ),
  };
}
