import type { Spans } from './regex.ts';
import type { GroupNames } from './regex-names.ts';

/**
 * A replacement with `$1`, `$name` and `${name}` as regexp.Expand reads it: a name without braces is as long as it can
 * be, so that `$1x` is the group `1x`; what names no group is empty; `$$` is a dollar sign.
 */
export function expandTemplate(template: string, names: GroupNames): (subject: string, spans: Spans) => string {
  const parts: (string | readonly number[])[] = [];
  let at = 0;
  for (;;) {
    const dollar = template.indexOf('$', at);
    if (dollar < 0) break;
    parts.push(template.slice(at, dollar));
    at = dollar + 1;
    if (template.charAt(at) === '$') {
      parts.push('$');
      at++;
      continue;
    }
    REFERENCE.lastIndex = at;
    const reference = REFERENCE.exec(template);
    if (reference === null) {
      parts.push('$');
      continue;
    }
    at += reference[0].length;
    const name = reference[1] ?? reference[2] ?? '';
    parts.push(/^(?:0|[1-9][0-9]{0,7})$/.test(name) ? [Number(name)] : (names.get(name) ?? []));
  }
  parts.push(template.slice(at));
  return (subject, spans) => {
    let out = '';
    for (const part of parts) {
      if (typeof part === 'string') {
        out += part;
        continue;
      }
      // Of several groups with one name, the first that took part.
      const group = part.find((each) => (spans[2 * each] ?? -1) >= 0);
      if (group !== undefined) out += subject.slice(spans[2 * group], spans[2 * group + 1]);
    }
    return out;
  };
}

const REFERENCE = /\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+)/uy;
