import { parseGoInteger } from '../go-values.ts';
import type { JsonObject } from '../json.ts';
import { refuse } from './settings.ts';

type HostPort = { readonly host: string; readonly port: number };

/** `host:port` as net.SplitHostPort with a numeric port; an error's text otherwise. */
export function splitHostPort(text: string): HostPort | { readonly error: string } {
  const fail = (why: string) => ({ error: `address ${text}: ${why}` });
  const colon = text.lastIndexOf(':');
  if (colon < 0) return fail('missing port in address');
  let host = text.slice(0, colon);
  if (host.startsWith('[')) {
    if (host.indexOf(']') !== host.length - 1)
      return fail(host.includes(']') ? 'missing port in address' : "missing ']' in address");
    host = host.slice(1, -1);
  } else if (host.includes(':')) {
    return fail('too many colons in address');
  }
  if (/[[\]]/.test(host)) return fail(`unexpected '${host.includes('[') ? '[' : ']'}' in address`);
  const port = parseGoInteger(text.slice(colon + 1));
  if (port === undefined || port < 0 || port > 65535)
    return fail(`port ${text.slice(colon + 1)} is no number from 0 to 65535`);
  return { host, port };
}

/** A service's address as Envoy's socket address, with `$(HOST_IP)` replaced; undefined where none is set. */
export function serviceAddress(text: string, field: string, hostIp: string): JsonObject | undefined {
  if (text === '') return undefined;
  const split = splitHostPort(text);
  if ('error' in split) return refuse(`${field}: unable to parse ${split.error}`, `/${field.replaceAll('.', '/')}`);
  return { address: split.host === '$(HOST_IP)' ? hostIp : split.host, port_value: split.port };
}
