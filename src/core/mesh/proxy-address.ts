import { utf8Length } from '../utf8.ts';
import { atoi, type Failure, goQuote, isFailure } from './go-text.ts';
import { parseAddress } from './ip-address.ts';

/** Checks of Istio's validation package that more than one message needs. Undefined is fine; else Istio's text. */

/** HOST:PORT, where HOST is a domain name or an IP address. */
export function checkProxyAddress(address: string): string | undefined {
  const split = splitHostPort(address);
  if (isFailure(split)) return `unable to split ${goQuote(address)}: ${split.error}`;
  const port = atoi(split.port);
  if (isFailure(port)) return `port (${split.port}) is not a number: ${port.error}`;
  const wrongPort = checkPort(port);
  if (wrongPort !== undefined) return wrongPort;
  if (checkDomainName(split.host) === undefined || !isFailure(parseAddress(split.host))) return undefined;
  return `${goQuote(split.host)} is not a valid hostname or an IP address`;
}

export function checkPort(port: number): string | undefined {
  return port >= 1 && port <= 65535 ? undefined : `port number ${port} must be in the range 1..65535`;
}

/** A fully qualified domain name; a trailing dot is allowed, an all-numeric last label is not. */
function checkDomainName(name: string): string | undefined {
  return checkDomainLength(name) ?? checkDomainLabels(name);
}

/** The same with `*` allowed at the beginning of the first label. */
export function checkWildcardDomain(name: string): string | undefined {
  const wrongLength = checkDomainLength(name);
  if (wrongLength !== undefined) return wrongLength;
  const dot = name.indexOf('.');
  const first = dot < 0 ? name : name.slice(0, dot);
  if (!/^(?:\*|[a-zA-Z0-9*]|\*-[a-zA-Z0-9]|[a-zA-Z0-9*][-a-zA-Z0-9]*[a-zA-Z0-9])$/.test(first) || first.length > 63) {
    return `domain name ${goQuote(name)} invalid (label ${goQuote(first)} invalid)`;
  }
  return dot < 0 ? undefined : checkDomainLabels(name.slice(dot + 1));
}

export function checkTrustDomain(name: string): string | undefined {
  if (name === '') return 'empty domain name not allowed';
  const labels = name.split('.');
  const wrong = labels.some((label, index) => !(label === '' && index === labels.length - 1) && !isDnsLabel(label));
  return wrong ? `trust domain name ${goQuote(name)} invalid` : undefined;
}

function checkDomainLength(name: string): string | undefined {
  if (utf8Length(name) > 255) return `domain name ${goQuote(name)} too long (max 255)`;
  return name === '' ? 'empty domain name not allowed' : undefined;
}

function checkDomainLabels(name: string): string | undefined {
  const labels = name.split('.');
  const top = labels.at(-1) ?? '';
  if (!isFailure(atoi(top))) {
    return `domain name ${goQuote(name)} invalid (top level domain ${goQuote(top)} cannot be all-numeric)`;
  }
  const wrong = labels.find((label, index) => !(label === '' && index === labels.length - 1) && !isDnsLabel(label));
  return wrong === undefined ? undefined : `domain name ${goQuote(name)} invalid (label ${goQuote(wrong)} invalid)`;
}

function isDnsLabel(label: string): boolean {
  return label.length <= 63 && /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(label);
}

/** net.SplitHostPort; failures read `address X: missing port in address`. */
function splitHostPort(address: string): { readonly host: string; readonly port: string } | Failure {
  const fail = (cause: string): Failure => ({ error: `address ${address}: ${cause}` });
  const colon = address.lastIndexOf(':');
  if (colon < 0) return fail('missing port in address');
  let host = address.slice(0, colon);
  let [openFrom, closeFrom] = [0, 0];
  if (address.startsWith('[')) {
    const close = address.indexOf(']');
    if (close < 0) return fail("missing ']' in address");
    if (close + 1 !== colon) {
      const more = close + 1 < address.length && address.charAt(close + 1) === ':';
      return fail(more ? 'too many colons in address' : 'missing port in address');
    }
    host = address.slice(1, close);
    [openFrom, closeFrom] = [1, close + 1];
  } else if (host.includes(':')) return fail('too many colons in address');
  if (address.indexOf('[', openFrom) >= 0) return fail("unexpected '[' in address");
  if (address.indexOf(']', closeFrom) >= 0) return fail("unexpected ']' in address");
  return { host, port: address.slice(colon + 1) };
}
