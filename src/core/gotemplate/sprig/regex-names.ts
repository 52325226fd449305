/** Names of groups. Go lets several have the same, re2js does not. */

export type GroupNames = ReadonlyMap<string, readonly number[]>;

/** The pattern with every name but the first of its kind changed, and the groups by their names in the original. */
export function withUniqueNames(pattern: string): { readonly pattern: string; readonly names: GroupNames } {
  const names = new Map<string, number[]>();
  let out = '';
  let groups = 0;
  let at = 0;
  while (at < pattern.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(pattern);
    const whole = token?.[0] ?? pattern.charAt(at);
    const name = token?.[1];
    at += whole.length;
    if (name === undefined) {
      if (whole === '(') groups++;
      out += whole;
      continue;
    }
    groups++;
    const same = names.get(name) ?? [];
    out += same.length === 0 ? whole : `(?P<${name}__${groups}>`;
    names.set(name, [...same, groups]);
  }
  return { pattern: out, names };
}

/** A quoted run, an escape, a class, a named group, another `(?`, or any one character. */
const TOKEN =
  /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:[^\]]*:\]|\\[\s\S]|[^\]\\])*\]|\(\?P?<([^>=!][^>]*)>|\(\?|[\s\S]/y;
