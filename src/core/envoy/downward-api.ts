import { unquote } from '../gotemplate/index.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { settingProblem } from './settings.ts';

/**
 * A labels or annotations file of the downward API: lines `key="value"`, the value a Go string. A line without `=` is
 * skipped; one value that is no Go string spoils the whole file, as upstream (hazard 15), so the caller only warns.
 */
export function parseDownwardApi(text: string): Parsed<Readonly<Record<string, string>>> {
  const entries: [string, string][] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const at = line.indexOf('=');
    if (at < 0) continue;
    const value = unquote(line.slice(at + 1).replace(/\r$/, ''));
    if (value === undefined) {
      return failed(
        settingProblem(`line ${index + 1} of the downward API file: ${line.slice(0, 80)}: invalid syntax`, 'warning'),
      );
    }
    entries.push([line.slice(0, at), value]);
  }
  return parsed(Object.fromEntries(entries));
}
