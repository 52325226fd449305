import { addressFamily } from '../mesh/index.ts';

/** What the node's addresses mean for Envoy's own addresses (agent.md 7.2). */
export type AddressFamilies = {
  readonly localhost: string;
  readonly wildcard: string;
  readonly lookup: 'V4_ONLY' | 'V6_ONLY' | 'ALL';
  /** The other family's wildcard, where the pod has both and dual stack is on. */
  readonly additionalWildcard?: string | undefined;
};

const V4: AddressFamilies = { localhost: '127.0.0.1', wildcard: '0.0.0.0', lookup: 'V4_ONLY' };
const V6: AddressFamilies = { localhost: '::1', wildcard: '::', lookup: 'V6_ONLY' };

/** Both families without dual stack, and no valid address at all, count as IPv4. */
export function addressFamilies(addresses: readonly string[], dualStack: boolean): AddressFamilies {
  const families = addresses.map(addressFamily).filter((family) => family !== undefined);
  if (families.length > 0 && families.every((family) => family === 6)) return V6;
  if (!dualStack || families.every((family) => family === 4)) return V4;
  const [primary, other] = families[0] === 6 ? [V6, V4] : [V4, V6];
  return { ...primary, lookup: 'ALL', additionalWildcard: other.wildcard };
}

export function withoutDuplicates(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
