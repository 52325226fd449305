/** Sprig's urlParse and urlJoin. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { GoFuncError, GoMap, type GoValue } from '../value.ts';
import { kindOf, map, nilPointer, text } from './arguments.ts';
import { formatUrl, formatUser, hostnameOf, parseUrl } from './url-parse.ts';

export const urlFunctions: FunctionTable = functionTable(
  defineFunc('urlParse', ['string'], false, ([value]) => {
    const url = parseUrl(text(value));
    if (typeof url === 'string') throw new GoFuncError(`unable to parse url: ${url}`);
    const entries = new Map<string, GoValue>([
      ['scheme', url.scheme],
      ['host', url.host],
      ['hostname', hostnameOf(url.host)],
      ['path', url.path],
      ['query', url.query],
      ['opaque', url.opaque],
      ['fragment', url.fragment],
      ['userinfo', url.user === undefined ? '' : formatUser(url.user)],
    ]);
    return new GoMap(entries);
  }),
  defineFunc('urlJoin', ['map[string]interface {}'], false, ([dict]) => {
    const parts = map(dict);
    const [scheme, host, path, query, opaque, fragment, userinfo] = [
      'scheme',
      'host',
      'path',
      'query',
      'opaque',
      'fragment',
      'userinfo',
    ].map((key) => part(parts, key)) as [string, string, string, string, string, string, string];
    const holder = userinfo === '' ? undefined : parseUrl(`proto://${userinfo}@host`);
    if (typeof holder === 'string') throw new GoFuncError(`unable to parse userinfo in dict: ${holder}`);
    return formatUrl({ scheme, host, path, query, opaque, fragment, user: holder?.user });
  }),
);

function part(dict: GoMap, key: string): string {
  if (!dict.entries.has(key)) return '';
  const value = dict.entries.get(key);
  if (value === null || value === undefined) return nilPointer();
  if (typeof value === 'string') return value;
  throw new GoFuncError(`unable to parse ${key} key, must be of type string, but ${kindOf(value)} found`);
}
