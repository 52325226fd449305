import { type Failure, goQuote, isFailure } from './go-text.ts';

/** IP addresses and prefixes as Go's net/netip reads them, with its error texts. */

export type IpFamily = 4 | 6;

/** netip.ParsePrefix: `IP/BITS`, host bits allowed, no zone, no leading zero in BITS. */
export function parsePrefix(text: string): IpFamily | Failure {
  const fail = (cause: string): Failure => ({ error: `netip.ParsePrefix(${goQuote(text)}): ${cause}` });
  const slash = text.lastIndexOf('/');
  if (slash < 0) return fail("no '/'");
  const family = parseAddress(text.slice(0, slash));
  if (isFailure(family)) return fail(family.error);
  if (text.slice(0, slash).includes('%')) return fail('IPv6 zones cannot be present in a prefix');
  const bits = text.slice(slash + 1);
  if (!/^(?:\d|[1-9]\d{0,17})$/.test(bits)) return fail(`bad bits after slash: ${goQuote(bits)}`);
  return Number(bits) > (family === 4 ? 32 : 128) ? fail('prefix length out of range') : family;
}

/** net.ParseCIDR: the same, but BITS may have leading zeros, and there is one text for all that is wrong. */
export function parseCidr(text: string): IpFamily | Failure {
  const fail: Failure = { error: `invalid CIDR address: ${text}` };
  const slash = text.indexOf('/');
  const family = slash < 0 || text.includes('%') ? fail : parseAddress(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (isFailure(family) || !/^\d{1,7}$/.test(bits)) return fail;
  return Number(bits) > (family === 4 ? 32 : 128) ? fail : family;
}

/** netip.ParseAddr: the family, or Go's text such as `ParseAddr("1.2.3"): IPv4 address too short`. */
export function parseAddress(text: string): IpFamily | Failure {
  const kind = /[.:%]/.exec(text)?.[0];
  if (kind === '.') return ipv4Fields(text, text) ?? 4;
  if (kind === ':') return ipv6(text) ?? 6;
  return addressFailure(text, kind === '%' ? 'missing IPv6 address' : 'unable to parse IP');
}

function addressFailure(whole: string, cause: string, at = ''): Failure {
  const place = at === '' ? '' : ` (at ${goQuote(at)})`;
  return { error: `ParseAddr(${goQuote(whole)}): ${cause}${place}` };
}

/** What is wrong with `fields` as dotted decimal; `whole` is what the text of the failure names. */
function ipv4Fields(fields: string, whole: string): Failure | undefined {
  let dots = 0;
  let digits = '';
  for (let i = 0; i < fields.length; i++) {
    const char = fields.charAt(i);
    if (char >= '0' && char <= '9') {
      if (digits === '0') return addressFailure(whole, 'IPv4 field has octet with leading zero');
      digits += char;
      if (Number(digits) > 255) return addressFailure(whole, 'IPv4 field has value >255');
      continue;
    }
    if (char !== '.') return addressFailure(whole, 'unexpected character', fields.slice(i));
    if (i === 0 || i === fields.length - 1 || fields.charAt(i - 1) === '.') {
      return addressFailure(whole, 'IPv4 field must have at least one digit', fields.slice(i));
    }
    if (dots === 3) return addressFailure(whole, 'IPv4 address too long');
    dots++;
    digits = '';
  }
  return dots < 3 ? addressFailure(whole, 'IPv4 address too short') : undefined;
}

/** Bytes of an IPv6 address. */
const SIZE = 16;

function ipv6(whole: string): Failure | undefined {
  const zoneAt = whole.indexOf('%');
  if (zoneAt === whole.length - 1) return addressFailure(whole, 'zone must be a non-empty string');
  let rest = zoneAt < 0 ? whole : whole.slice(0, zoneAt);
  const fail = (cause: string, at = rest): Failure => addressFailure(whole, cause, at);
  let filled = 0;
  let gap = false;
  if (rest.startsWith('::')) {
    gap = true;
    rest = rest.slice(2);
    if (rest === '') return undefined;
  }
  while (filled < SIZE) {
    const hex = /^[0-9a-fA-F]*/.exec(rest)?.[0] ?? '';
    if (hex.length > 4) return fail('each group must have 4 or less digits');
    if (hex === '') return fail('each colon-separated field must have at least one digit');
    if (rest.charAt(hex.length) === '.') {
      if (!gap && filled !== SIZE - 4) {
        return fail('embedded IPv4 address must replace the final 2 fields of the address');
      }
      if (filled + 4 > SIZE) return fail('too many hex fields to fit an embedded IPv4 at the end of the address');
      const wrong = ipv4Fields(rest, whole);
      if (wrong !== undefined) return wrong;
      rest = '';
      filled += 4;
      break;
    }
    filled += 2;
    rest = rest.slice(hex.length);
    if (rest === '') break;
    if (!rest.startsWith(':')) return fail('unexpected character, want colon');
    if (rest === ':') return fail('colon must be followed by more characters');
    rest = rest.slice(1);
    if (!rest.startsWith(':')) continue;
    if (gap) return fail('multiple :: in address');
    gap = true;
    rest = rest.slice(1);
    if (rest === '') break;
  }
  if (rest !== '') return fail('trailing garbage after address');
  if (filled < SIZE && !gap) return fail('address string too short', '');
  return filled === SIZE && gap ? fail('the :: must expand to at least one field of zeros', '') : undefined;
}

/** The family of an address, or undefined where the text is none. */
export function addressFamily(text: string): IpFamily | undefined {
  const family = parseAddress(text);
  return isFailure(family) ? undefined : family;
}
