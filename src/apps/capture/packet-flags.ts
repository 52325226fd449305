import { type IpFamily, ipFamilyOf, type Packet, splitList } from '../../core/capture/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { type FlagValues, flag, usage } from './flag-values.ts';
import type { Scene } from './trace-scene.ts';

/** Where addresses are not known: of the documentation ranges. */
export const POD_ADDRESS = { 4: '192.0.2.10', 6: '2001:db8::10' } as const;
const CLIENT = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;

/** `address` is empty for the pod's own. */
export type Destination = { readonly family: IpFamily; readonly address: string; readonly port: number };

/** `10.0.0.5:80`, `[2001:db8::5]:80`, or a port alone, which is one of the pod itself. */
export function destinationOf(flags: FlagValues): Parsed<Destination> {
  const text = flag(flags, 'to');
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text ?? '');
  const address = match?.[1] ?? match?.[2] ?? '';
  const family = address === '' ? 4 : ipFamilyOf(address);
  const port = Number(match?.[3] ?? 0);
  if (family !== undefined && (match?.[1] !== undefined) === (family === 6) && port > 0 && port <= 65535) {
    return parsed({ family, address, port });
  }
  return failed(
    usage(
      text === undefined ? '--to is missing' : `"${text}" is no destination`,
      'Give --to ADDRESS:PORT, such as 10.0.0.5:80 or [2001:db8::5]:80; a port alone is one of the pod.',
    ),
  );
}

/** The packet that the flags describe. */
export function packetOf(flags: FlagValues, to: Destination, scene: Scene): Parsed<Packet> {
  const wrong = [...numberProblems(flags), ...sourceProblems(flags, to.family)];
  const own = scene.network.interfaces
    .flatMap(({ addresses }) => addresses)
    .find((address) => ipFamilyOf(address) === to.family);
  if (wrong.length > 0) return failed(...wrong);
  const mark = numberOf(flags, 'mark');
  const source = flag(flags, 'source');
  const common = {
    family: to.family,
    protocol: flag(flags, 'protocol') === 'udp' ? ('udp' as const) : ('tcp' as const),
    destination: to.address === '' ? (own ?? POD_ADDRESS[to.family]) : to.address,
    port: to.port,
    mark,
    source,
  };
  if (flag(flags, 'from') !== 'outside') return parsed({ ...common, from: senderOf(flags, scene) });
  const from = { kind: 'wire', interface: flag(flags, 'interface') ?? scene.network.defaultInterface } as const;
  return parsed({ ...common, from, source: source ?? CLIENT[to.family] });
}

function senderOf(flags: FlagValues, { rules, config }: Scene): Packet['from'] {
  const uid = numberOf(flags, 'uid');
  const gid = numberOf(flags, 'gid');
  if (flag(flags, 'from') !== 'proxy') return { kind: 'process', uid: uid ?? 1000, gid: gid ?? uid ?? 1000 };
  // With TPROXY the proxy runs as root and is known by its group.
  const tproxy = rules.rules.some((rule) => rule.target.kind === 'tproxy');
  return {
    kind: 'process',
    uid: uid ?? (tproxy ? 0 : Number(splitList(config.proxyUid)[0] ?? 1337)),
    gid: gid ?? Number(splitList(config.proxyGid)[0] ?? 1337),
  };
}

function numberOf(flags: FlagValues, name: string): number | undefined {
  const text = flag(flags, name);
  return text === undefined ? undefined : Number(text);
}

function numberProblems(flags: FlagValues): readonly Problem[] {
  return ['uid', 'gid', 'mark'].flatMap((name) => {
    const text = flag(flags, name);
    if (text === undefined || (/^(?:\d+|0x[0-9a-fA-F]+)$/.test(text) && Number(text) < 2 ** 32)) return [];
    return [usage(`--${name}: "${text}" is no number`, 'Give a number from 0 to 4294967295.')];
  });
}

function sourceProblems(flags: FlagValues, family: IpFamily): readonly Problem[] {
  const text = flag(flags, 'source');
  if (text === undefined || ipFamilyOf(text) === family) return [];
  return [usage(`--source: "${text}" is no IPv${family} address`, 'Give an address of the same family as --to.')];
}
