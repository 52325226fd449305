/** A media type with its parameters, names in lower case. */
export type MediaType = { readonly type: string; readonly parameters: ReadonlyMap<string, string> };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** mime.ParseMediaType for what headers of metrics hold; undefined where it does not parse. */
export function parseMediaType(text: string): MediaType | undefined {
  const parts = splitQuoted(text);
  const type = (parts.shift() ?? '').trim().toLowerCase();
  const [main = '', sub, ...rest] = type.split('/');
  if (!TOKEN.test(main) || (sub !== undefined && !TOKEN.test(sub)) || rest.length > 0) return undefined;
  const parameters = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    if (part.trim() === '' && index === parts.length - 1) continue;
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim().toLowerCase();
    const value = unquoted(part.slice(at + 1).trim());
    if (at < 0 || !TOKEN.test(name) || value === undefined || parameters.has(name)) return undefined;
    parameters.set(name, value);
  }
  return { type, parameters };
}

/** mime.FormatMediaType: parameters sorted by name. */
export function formatMediaType({ type, parameters }: MediaType): string {
  const sorted = [...parameters].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return [type, ...sorted.map(([name, value]) => `${name}=${TOKEN.test(value) ? value : JSON.stringify(value)}`)].join(
    '; ',
  );
}

function splitQuoted(text: string): string[] {
  return text.match(/(?:[^;"]|"(?:[^"\\]|\\.)*"|")+|(?<=;)(?=;|$)/g)?.slice() ?? [''];
}

function unquoted(text: string): string | undefined {
  if (TOKEN.test(text)) return text;
  return /^"(?:[^"\\]|\\.)*"$/.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : undefined;
}
