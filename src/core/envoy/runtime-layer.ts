import { parseGoInteger } from '../go-values.ts';
import type { JsonObject, JsonValue, MutableJsonObject } from '../json.ts';
import { setKey } from '../json.ts';
import { readMap, readNumber } from './config-reader.ts';

const MOST_CONNECTIONS = 2_147_483_647;
const OVERLOAD = 'overload.global_downstream_max_connections';

/** Envoy's runtime flags: the defaults, and over them ProxyConfig's `runtimeValues`; an empty text removes a flag. */
export function runtimeLayer(proxyConfig: JsonObject, policy: string, stripFragment: boolean): JsonObject {
  const flags: MutableJsonObject = {
    're2.max_program_size.error_level': '32768',
    'envoy.deprecated_features:envoy.config.listener.v3.Listener.hidden_envoy_deprecated_use_original_dst': true,
    'envoy.reloadable_features.http_reject_path_with_fragment': false,
    'envoy.reloadable_features.fixed_heap_use_allocated': true,
    'envoy.reloadable_features.coalesce_lb_rebuilds_on_batch_update': false,
  };
  if (policy === 'fips-140-2') flags['envoy.reloadable_features.google_grpc_disable_tls_13'] = true;
  if (!stripFragment) flags['envoy.reloadable_features.http_strip_fragment_from_path_unsafe_if_disabled'] = 'false';
  for (const [name, text] of Object.entries(readMap(proxyConfig, 'runtimeValues'))) {
    if (text === '') delete flags[name];
    else setKey(flags, name, flagValue(text));
  }
  return flags;
}

function flagValue(text: string): JsonValue {
  if (text === 'true') return true;
  return text === 'false' ? false : text;
}

/** How many connections Envoy takes: the first of the settings that is a number (agent.md 7.2). */
export function connectionLimit(proxyConfig: JsonObject): number {
  const setting = readNumber(proxyConfig, 'connectionSettings/globalDownstreamConnectionLimit');
  if (setting > 0) return setting;
  const metadata = readMap(proxyConfig, 'proxyMetadata').ISTIO_META_GLOBAL_DOWNSTREAM_MAX_CONNECTIONS ?? '';
  const runtime = readMap(proxyConfig, 'runtimeValues')[OVERLOAD] ?? '';
  return parseGoInteger(metadata) ?? parseGoInteger(runtime) ?? MOST_CONNECTIONS;
}
