/** net/url of Go 1.26: reading a URL and writing one. */
import { quote } from '../quote.ts';
import { fromByteText, toByteText } from './byte-text.ts';
import { escapeUrl, unescapeUrl } from './url-escape.ts';
import { isIpv6 } from './url-ip.ts';

export type UserInfo = { readonly name: string; readonly password: string | undefined };

export type Url = {
  readonly scheme: string;
  readonly opaque: string;
  readonly user: UserInfo | undefined;
  readonly host: string;
  /** Decoded, as the fragment is. */
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
};

/** The URL, or Go's message. */
export function parseUrl(raw: string): Url | string {
  const bytes = toByteText(raw);
  const [main, fragment] = cut(bytes, '#');
  const url = parse(main);
  if (typeof url === 'string') return `parse ${quote(fromByteText(main))}: ${url}`;
  const decoded = unescapeUrl(fragment, 'fragment');
  if (typeof decoded !== 'string') return `parse ${quote(raw)}: ${decoded.error}`;
  const user = url.user;
  return {
    scheme: url.scheme,
    opaque: fromByteText(url.opaque),
    user:
      user === undefined
        ? undefined
        : {
            name: fromByteText(user.name),
            password: user.password === undefined ? undefined : fromByteText(user.password),
          },
    host: fromByteText(url.host),
    path: fromByteText(url.path),
    query: fromByteText(url.query),
    fragment: fromByteText(decoded),
  };
}

/** URL.String. */
export function formatUrl(url: Url): string {
  let out = url.scheme === '' ? '' : `${url.scheme}:`;
  if (url.opaque !== '') out += url.opaque;
  else {
    const hasAuthority = url.host !== '' || url.user !== undefined;
    if ((url.scheme !== '' && url.path !== '') || hasAuthority) out += '//';
    if (url.user !== undefined) out += `${formatUser(url.user)}@`;
    out += escapeUrl(url.host, 'host');
    const path = url.path === '*' ? '*' : escapeUrl(url.path, 'path');
    if (path !== '' && !path.startsWith('/') && url.host !== '') out += '/';
    // Else the first part would be taken for a scheme.
    if (out === '' && cut(path, '/')[0].includes(':')) out += './';
    out += path;
  }
  if (url.query !== '') out += `?${url.query}`;
  return url.fragment === '' ? out : `${out}#${escapeUrl(url.fragment, 'fragment')}`;
}

export function formatUser({ name, password }: UserInfo): string {
  const escaped = escapeUrl(name, 'user');
  return password === undefined ? escaped : `${escaped}:${escapeUrl(password, 'user')}`;
}

/** The host without its port, and without the brackets of an IPv6 address. */
export function hostnameOf(host: string): string {
  const colon = host.lastIndexOf(':');
  const name = colon >= 0 && isPort(host.slice(colon)) ? host.slice(0, colon) : host;
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}

const CONTROL = /[\u0000-\u001f\u007f]/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;

/** All texts are bytes here. */
function parse(raw: string): Url | string {
  const none = { scheme: '', opaque: '', user: undefined, host: '', path: '', query: '', fragment: '' };
  if (CONTROL.test(raw)) return 'net/url: invalid control character in URL';
  if (raw === '*') return { ...none, path: '*' };
  if (raw.startsWith(':')) return 'missing protocol scheme';
  const given = SCHEME.exec(raw)?.[1] ?? '';
  const scheme = given.toLowerCase();
  const [rest, query] = cut(given === '' ? raw : raw.slice(given.length + 1), '?');
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...none, scheme, opaque: rest, query };
    if (cut(rest, '/')[0].includes(':')) return 'first path segment in URL cannot contain colon';
  }
  let path = rest;
  let authority: Authority = { user: undefined, host: '' };
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const parsed = parseAuthority(scheme, slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    if (typeof parsed === 'string') return parsed;
    authority = parsed;
    path = slash < 0 ? '' : rest.slice(slash);
  }
  const decoded = unescapeUrl(path, 'path');
  return typeof decoded === 'string' ? { ...none, scheme, ...authority, path: decoded, query } : decoded.error;
}

type Authority = Pick<Url, 'user' | 'host'>;

function parseAuthority(scheme: string, authority: string): Authority | string {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  if (typeof host === 'string') return host;
  if (at < 0) return { user: undefined, host: host.host };
  const info = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) return 'net/url: invalid userinfo';
  const [name, password] = cut(info, ':');
  const decodedName = unescapeUrl(name, 'user');
  if (typeof decodedName !== 'string') return decodedName.error;
  if (!info.includes(':')) return { user: { name: decodedName, password: undefined }, host: host.host };
  const decoded = unescapeUrl(password, 'user');
  if (typeof decoded !== 'string') return decoded.error;
  return { user: { name: decodedName, password: decoded }, host: host.host };
}

function parseHost(scheme: string, host: string): { readonly host: string } | string {
  const open = host.lastIndexOf('[');
  if (open > 0) return 'invalid IP-literal';
  if (open === 0) return parseIpLiteral(host);
  const first = host.indexOf(':');
  if (first >= 0) {
    // Lists of hosts with ports are let through, but not for HTTP.
    const colon = scheme === 'http' || scheme === 'https' ? first : host.lastIndexOf(':');
    const port = host.slice(colon);
    if (!isPort(port)) return `invalid port ${quote(fromByteText(port))} after host`;
  }
  const decoded = unescapeUrl(host, 'host');
  return typeof decoded === 'string' ? { host: decoded } : decoded.error;
}

/** `[fe80::1%25en0]:80`. */
function parseIpLiteral(host: string): { readonly host: string } | string {
  const close = host.lastIndexOf(']');
  if (close < 0) return "missing ']' in host";
  const port = host.slice(close + 1);
  if (!isPort(port)) return `invalid port ${quote(fromByteText(port))} after host`;
  const name = host.slice(1, close);
  const zone = name.indexOf('%25');
  const address = unescapeUrl(zone < 0 ? name : name.slice(0, zone), 'host');
  if (typeof address !== 'string') return address.error;
  const decodedZone = zone < 0 ? '' : unescapeUrl(name.slice(zone), 'zone');
  if (typeof decodedZone !== 'string') return decodedZone.error;
  const literal = address + decodedZone;
  const problem = isIpv6(literal);
  return problem === undefined ? { host: `[${literal}]${port}` } : problem;
}

function isPort(port: string): boolean {
  return port === '' || /^:[0-9]*$/.test(port);
}

function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
