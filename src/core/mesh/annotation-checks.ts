import { parseQuantity } from '../kube/index.ts';
import { utf8Length } from '../utf8.ts';
import { goQuote, isFailure, parseBool, parseInt10, parseUint, trimSpace } from './go-text.ts';
import { parseCidr, parsePrefix } from './ip-address.ts';

/**
 * Checks of one annotation's value. Undefined: accepted. Else Istio's text of why not, without the frame that names the
 * annotation. Some texts changed over the releases; what was accepted hardly did.
 */
export type AnnotationCheck = (value: string) => string | undefined;

export const checkInterceptionMode: AnnotationCheck = (value) =>
  ['REDIRECT', 'TPROXY', 'NONE'].includes(value)
    ? undefined
    : `interceptionMode invalid, use REDIRECT,TPROXY,NONE: ${value}`;

/** 1.0 and 1.1: NONE is not known. */
export const checkInterceptionModeOld: AnnotationCheck = (value) =>
  ['REDIRECT', 'TPROXY'].includes(value) ? undefined : `interceptionMode invalid: ${value}`;

export const checkUint32: AnnotationCheck = (value) => errorOf(parseUint(value, 32));

export const checkBool: AnnotationCheck = (value) => errorOf(parseBool(value));

export const checkQuantity: AnnotationCheck = (value) => {
  if (hasControlCharacter(value)) return 'value contains control characters';
  const quantity = parseQuantity(value);
  return quantity.ok ? undefined : quantity.error;
};

/** Names of network interfaces: Linux allows 15 characters. */
const INTERFACE_NAME_MAX = 15;

export const checkInterfaces: AnnotationCheck = (value) => {
  if (value === '') return undefined;
  for (const part of value.split(',')) {
    const name = trimSpace(part);
    if (name === '') return 'empty interface name';
    if (utf8Length(name) > INTERFACE_NAME_MAX) return `interface name ${goQuote(name)} too long (max 15 chars)`;
    if (!/^[a-zA-Z][a-zA-Z0-9_.-]*$/.test(name)) return `interface name ${goQuote(name)} contains invalid characters`;
  }
  return undefined;
};

/** IP ranges; `text` is that of Go's net package up to 1.15 and that of net/netip since. */
export function ipRanges(
  parameter: string,
  options: { readonly wildcard: boolean; readonly netip: boolean },
): AnnotationCheck {
  return (value) => {
    if (value === '' || (options.wildcard && value === '*')) return undefined;
    for (const range of value.split(',')) {
      const prefix = options.netip ? parsePrefix(range) : parseCidr(range);
      if (isFailure(prefix)) return `${parameter} invalid: failed parsing cidr '${range}': ${prefix.error}`;
    }
    return undefined;
  };
}

/**
 * How ports were read and how the text names a wrong one:
 * `signed16`: 1.0, without trimming; `number`: to 1.15, where a slip printed a number in place of the text; `text`: since.
 */
export type PortReader = 'signed16' | 'number' | 'text';

export function ports(
  parameter: string,
  options: { readonly wildcard: boolean; readonly reader: PortReader },
): AnnotationCheck {
  return (value) => {
    if (options.wildcard && value === '*') return undefined;
    const list = options.reader === 'signed16' ? value : trimSpace(value);
    if (list === '') return undefined;
    for (const port of list.split(',')) {
      const wrong = checkPortText(port, options.reader);
      if (wrong === undefined) continue;
      if (options.reader === 'signed16') return `${parameter} invalid: ${wrong}`;
      const shown = options.reader === 'text' ? port : '0';
      return `${parameter} invalid: failed parsing port '${shown}': ${wrong}`;
    }
    return undefined;
  };
}

/** The parameter's name in the text is upstream's slip; scripts match on it. */
export function statusPort(reader: PortReader): AnnotationCheck {
  return (value) => {
    const wrong = checkPortText(value, reader);
    return wrong === undefined ? undefined : `excludeInboundPorts invalid: ${wrong}`;
  };
}

function checkPortText(port: string, reader: PortReader): string | undefined {
  const read = reader === 'signed16' ? parseInt10(port, 16) : parseUint(trimSpace(port), 16);
  if (!isFailure(read)) return undefined;
  // strconv returns the largest value where the text is out of range, and that is what the slip printed.
  const shown = reader === 'number' ? (read.error.endsWith('out of range') ? '65535' : '0') : port;
  return `failed parsing port '${shown}': ${read.error}`;
}

function errorOf(value: unknown): string | undefined {
  return isFailure(value) ? value.error : undefined;
}

function hasControlCharacter(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}
