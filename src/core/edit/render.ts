import { isArray, isObject, type JsonValue, stringifyGoJson } from '../json.ts';
import { emitYaml } from '../kube/index.ts';

/** How the file at hand is written, so that what is added looks like the rest. */
export type Style = {
  /** Columns by which a list's dashes stand to the right of their key: 0 or 2 in most files. */
  readonly listIndent: number;
  readonly newline: '\n' | '\r\n';
};

/** A value as lines of block YAML, keys in the order given (a container begins with its name), without indentation. */
export function renderLines(value: JsonValue, style: Style): readonly string[] {
  if (isArray(value) && value.length > 0) {
    return value.flatMap((item) => indentAfterFirst('- ', renderLines(item, style)));
  }
  if (isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, member]) => renderPair(key, member, style));
  }
  return scalarLines(value);
}

/** `key: value` as lines. */
export function renderPair(key: string, value: JsonValue, style: Style): readonly string[] {
  const head = `${renderKey(key)}:`;
  if (isArray(value) && value.length > 0) {
    return [head, ...indentLines(renderLines(value, style), style.listIndent)];
  }
  if (isObject(value) && Object.keys(value).length > 0) return [head, ...indentLines(renderLines(value, style), 2)];
  const [first = '', ...rest] = scalarLines(value);
  return [`${head} ${first}`, ...rest];
}

/** A value inside a flow collection of one line: JSON is YAML. */
export function renderFlow(value: JsonValue): string {
  return stringifyGoJson(value, { sortKeys: false, escapeHtml: false });
}

/** The same over several lines, each level indented by `step`. */
export function renderFlowLines(value: JsonValue, step: string): readonly string[] {
  const members: readonly (readonly [string, JsonValue])[] = isArray(value)
    ? value.map((item) => ['', item])
    : isObject(value)
      ? Object.entries(value).map(([key, member]) => [`${JSON.stringify(key)}: `, member])
      : [];
  if (members.length === 0) return [renderFlow(value)];
  const lines = members.flatMap(([head, member], i) => {
    const [first = '', ...rest] = renderFlowLines(member, step);
    const all = [head + first, ...rest].map((line) => step + line);
    return i < members.length - 1 ? all.with(-1, `${all.at(-1)},`) : all;
  });
  return isArray(value) ? ['[', ...lines, ']'] : ['{', ...lines, '}'];
}

export function indentLines(lines: readonly string[], columns: number): readonly string[] {
  const pad = ' '.repeat(columns);
  return lines.map((line) => (line === '' ? line : pad + line));
}

function indentAfterFirst(dash: string, lines: readonly string[]): readonly string[] {
  const [first = '', ...rest] = lines;
  return [dash + first, ...indentLines(rest, dash.length)];
}

/** A scalar or empty collection; block scalars and folded lines take more than one line, indented by 2. */
function scalarLines(value: JsonValue): readonly string[] {
  const text = emitYaml({ k: value });
  return text.slice('k:'.length).replace(/\n$/, '').replace(/^ /, '').split('\n');
}

function renderKey(key: string): string {
  return emitYaml({ [key]: 0 }).slice(0, -': 0\n'.length);
}
