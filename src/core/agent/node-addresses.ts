import { addressFamily } from '../mesh/index.ts';

export type InterfaceAddress = { readonly device: string; readonly address: string };

/**
 * The node's addresses (agent.md 4.2): INSTANCE_IP first where it is one, then those of every interface but loopback and
 * link-local ones, without the interfaces excluded by annotation. Nothing found: loopback.
 */
export function nodeAddresses(
  instanceIp: string,
  interfaces: readonly InterfaceAddress[],
  excluded: readonly string[],
): readonly string[] {
  const found = interfaces
    .filter(({ device }) => !excluded.includes(device))
    .map(({ address }) => unmapped(address))
    .filter((address) => addressFamily(address) !== undefined && !isLocal(address));
  const first = addressFamily(instanceIp) === undefined ? [] : [instanceIp];
  const all = [...new Set([...first, ...found])];
  return all.length > 0 ? all : ['127.0.0.1', '::1'];
}

/** IPv4 in the form of IPv6 counts as IPv4. */
function unmapped(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

function isLocal(address: string): boolean {
  if (addressFamily(address) === 4) return /^(?:127\.|169\.254\.|0\.|22[4-9]\.|23\d\.)/.test(address);
  return /^(?:::1?$|fe[89ab]|ff)/i.test(address);
}
