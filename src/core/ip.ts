export type IpFamily = 4 | 6;

/** An IP address as a number of 32 or 128 bits. */
export type IpAddress = { readonly family: IpFamily; readonly value: bigint };

export type IpPrefix = { readonly address: IpAddress; readonly bits: number };

const WIDTH: { readonly [family in IpFamily]: number } = { 4: 32, 6: 128 };

/** Undefined where the text is no address; without zones. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Its 4 or 16 bytes, as they stand in packets and socket addresses. */
export function ipBytes({ family, value }: IpAddress): Uint8Array {
  return Uint8Array.from({ length: WIDTH[family] / 8 }, (_, i) =>
    Number((value >> BigInt(WIDTH[family] - 8 - 8 * i)) & 255n),
  );
}

/** The address of 4 or 16 bytes. */
export function ipOfBytes(bytes: Uint8Array): IpAddress {
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: bytes.length === 4 ? 4 : 6, value };
}

export function ipFamilyOf(text: string): IpFamily | undefined {
  return parseIp(text)?.family;
}

function parseIpv4(text: string): IpAddress | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let value = 0n;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return { family: 4, value };
}

function parseIpv6(text: string): IpAddress | undefined {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (embedded !== null) {
    const tail = parseIpv4(embedded[2] ?? '');
    if (tail === undefined) return undefined;
    return parseIpv6(`${embedded[1]}${(tail.value >> 16n).toString(16)}:${(tail.value & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [head = [], tail = []] = groups;
  const given = head.length + tail.length;
  if (halves.length === 2 ? given > 7 : given !== 8) return undefined;
  const all = [...head, ...new Array<string>(8 - given).fill('0'), ...tail];
  let value = 0n;
  for (const group of all) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return { family: 6, value };
}

/** IPv6 in the short form of RFC 5952; IPv4-mapped addresses with their dots, as Go's net/netip prints them. */
export function formatIp(address: IpAddress): string {
  const { value } = address;
  if (address.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  if (value >> 32n === 0xffffn) return `::ffff:${formatIp({ family: 4, value: value & 0xffffffffn })}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** `IP/BITS`; host bits may be set. Undefined where the text is no prefix; a bare address is none. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (address === undefined || !/^(?:\d|[1-9]\d{1,2})$/.test(bits)) return undefined;
  return Number(bits) > WIDTH[address.family] ? undefined : { address, bits: Number(bits) };
}

/** With its host bits, as upstream prints it: `10.1.2.3/16` stays. */
export function formatPrefix(prefix: IpPrefix): string {
  return `${formatIp(prefix.address)}/${prefix.bits}`;
}

/** Without host bits. */
export function network(prefix: IpPrefix): IpPrefix {
  const { address, bits } = prefix;
  const shift = BigInt(WIDTH[address.family] - bits);
  return { bits, address: { ...address, value: (address.value >> shift) << shift } };
}

export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.address.family !== address.family) return false;
  const shift = BigInt(WIDTH[address.family] - prefix.bits);
  return prefix.address.value >> shift === address.value >> shift;
}

/** 127/8 or ::1. */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.value >> 24n === 127n : address.value === 1n;
}
