import type { JsonObject } from '../json.ts';
import { readNumber, readText, readTexts } from './config-reader.ts';
import { named } from './parts.ts';

type Inspector = {
  readonly name: string;
  readonly type: string;
  readonly fields: JsonObject;
  readonly wants: (chain: JsonObject) => boolean;
};

const FILTERS = 'envoy.extensions.filters.listener';

const INSPECTORS: readonly Inspector[] = [
  {
    name: 'envoy.filters.listener.tls_inspector',
    type: `${FILTERS}.tls_inspector.v3.TlsInspector`,
    fields: { initial_read_buffer_size: 512 },
    wants: (chain) => readText(chain, 'filter_chain_match/transport_protocol') === 'tls',
  },
  {
    name: 'envoy.filters.listener.http_inspector',
    type: `${FILTERS}.http_inspector.v3.HttpInspector`,
    fields: {},
    wants: (chain) =>
      readTexts(chain, 'filter_chain_match/application_protocols').some(
        (alpn) => alpn === 'http/1.1' || alpn === 'h2c',
      ),
  },
];

/** The inspectors that some chain needs, each switched off for the ports whose own chains do not need it. */
export function inspectors(chains: readonly JsonObject[]): readonly JsonObject[] {
  return INSPECTORS.flatMap((inspector) => {
    const needs = new Map<number, boolean>();
    for (const chain of chains) {
      const port = readNumber(chain, 'filter_chain_match/destination_port');
      needs.set(port, (needs.get(port) ?? false) || inspector.wants(chain));
    }
    if (![...needs.values()].some((needed) => needed)) return [];
    const base = named(inspector.name, inspector.type, inspector.fields);
    const byDefault = needs.get(0) ?? false;
    const exceptions = [...needs].filter(([port, needed]) => port !== 0 && needed !== byDefault).map(([port]) => port);
    if (exceptions.length === 0) return [base];
    const matched = anyOf(exceptions.sort((a, b) => a - b));
    return [{ ...base, filter_disabled: byDefault ? matched : { not_match: matched } }];
  });
}

function anyOf(ports: readonly number[]): JsonObject {
  const rules = ports.map((port) => ({ destination_port_range: { start: port, end: port + 1 } }));
  const [only] = rules;
  return rules.length === 1 && only !== undefined ? only : { or_match: { rules } };
}
