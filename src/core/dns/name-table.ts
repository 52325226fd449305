import { ipBytes, parseIp } from '../ip.ts';
import { type Answer, TYPE_A, TYPE_AAAA } from './answer.ts';
import type { Query } from './query.ts';

/** Names that a control plane knows, with their addresses (agent.md 13, DNS proxy). */
export type NameTable = {
  /** In lower case without the last dot; `*.x` is a wildcard. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
};

export type HostEntry = {
  readonly host: string;
  readonly addresses: readonly string[];
  /** Where it is a service of Kubernetes: then it is known by its short names too. */
  readonly service?: { readonly name: string; readonly namespace: string } | undefined;
};

export type TableContext = {
  /** `shop.svc.cluster.local`: namespace and domain of the pod. */
  readonly proxyDomain: string;
};

/** Every name by which a host may be asked for. */
export function buildNameTable(entries: readonly HostEntry[], { proxyDomain }: TableContext): NameTable {
  const hosts = new Map<string, readonly string[]>();
  const [ownNamespace = '', ...rest] = proxyDomain.split('.');
  // Only names under the pod's own domain have short forms.
  const suffix = rest.join('.');
  for (const { host, addresses, service } of entries) {
    const name = host.toLowerCase().replace(/\.$/, '');
    hosts.set(name, addresses);
    if (service === undefined || !name.endsWith(`.${suffix}`)) continue;
    const { name: short, namespace } = service;
    const names = [
      `${short}.${namespace}`,
      `${short}.${namespace}.svc`,
      ...(namespace === ownNamespace ? [short] : []),
    ];
    for (const alias of names) if (!hosts.has(alias)) hosts.set(alias, addresses);
  }
  return { hosts };
}

/** How a query is met: by the table, or by passing it on. */
export type Resolution =
  | { readonly kind: 'forward' }
  | { readonly kind: 'answer'; readonly answers: readonly Answer[] };

const FORWARD: Resolution = { kind: 'forward' };

/**
 * Asks the table. `search` is the first search domain of the pod: `host.search` is a CNAME of `host`. A known host without
 * an address of the wanted family is answered with nothing, so that nobody asks elsewhere; other types are passed on.
 */
export function resolveName(query: Query, table: NameTable, search: string): Resolution {
  if (query.type !== TYPE_A && query.type !== TYPE_AAAA) return FORWARD;
  const direct = lookup(query.name, table);
  if (direct !== undefined) return { kind: 'answer', answers: addresses(query.name, direct, query.type) };
  const tail = search === '' ? '' : `.${search.toLowerCase()}`;
  if (tail === '' || !query.name.endsWith(tail)) return FORWARD;
  const target = query.name.slice(0, -tail.length);
  const found = lookup(target, table);
  if (found === undefined) return FORWARD;
  const records = addresses(target, found, query.type);
  if (records.length === 0) return { kind: 'answer', answers: [] };
  return { kind: 'answer', answers: [{ kind: 'alias', name: query.name, target }, ...records] };
}

/** The name itself, else the wildcard with the longest suffix. */
function lookup(name: string, { hosts }: NameTable): readonly string[] | undefined {
  const exact = hosts.get(name);
  if (exact !== undefined) return exact;
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) {
    const wildcard = hosts.get(`*${name.slice(at)}`);
    if (wildcard !== undefined) return wildcard;
  }
  return undefined;
}

function addresses(name: string, texts: readonly string[], type: number): readonly Answer[] {
  const family = type === TYPE_A ? 4 : 6;
  return texts.flatMap((text) => {
    const ip = parseIp(text);
    return ip?.family === family ? [{ kind: 'address' as const, name, bytes: ipBytes(ip) }] : [];
  });
}
