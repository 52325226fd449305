/** Which texts may stand in the brackets of a URL's host. */
import { quote } from '../quote.ts';
import { fromByteText } from './byte-text.ts';

/** Go's message where the text is no IPv6 address with or without zone; undefined where it is one. */
export function isIpv6(text: string): string | undefined {
  const bad = (why: string): string => `invalid host: ParseAddr(${quote(fromByteText(text))}): ${why}`;
  const separator = /[.:%]/.exec(text)?.[0];
  if (separator === undefined) return bad('unable to parse IP');
  if (separator === '%') return bad('missing IPv6 address');
  if (separator === '.') return isIpv4(text) ? 'invalid IP-literal' : bad('unable to parse IP');
  const percent = text.indexOf('%');
  if (percent >= 0 && percent === text.length - 1) return bad('zone must be a non-empty string');
  const address = percent < 0 ? text : text.slice(0, percent);
  const halves = address.split('::');
  if (halves.length > 2) return bad('multiple :: in address');
  let groups = 0;
  for (const [at, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    const last = parts.at(-1) ?? '';
    if (at === halves.length - 1 && last.includes('.')) {
      if (!isIpv4(last)) return bad('unable to parse IP');
      parts.pop();
      groups += 2;
    }
    if (!parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return bad('unable to parse IP');
    groups += parts.length;
  }
  const isComplete = halves.length === 2 ? groups < 8 : groups === 8;
  return isComplete ? undefined : bad('address string too short');
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
}
