/** encoding/json's Marshal of a value: map keys sorted, fields of structs as they come. */
import { type JsonValue, stringifyGoJson } from '../../json.ts';
import { utf8Length } from '../../utf8.ts';
import { toJsonValue } from '../json-values.ts';
import { sortedKeys } from '../print.ts';
import { joinBytes } from '../quote.ts';
import { isObject } from '../type-name.ts';
import { type CallContext, GoFuncError, GoList, GoMap, type GoValue } from '../value.ts';
import { hasStrayBytes, LONE_SURROGATE } from './byte-text.ts';

/** Go looks for cycles once it is so deep. */
const CYCLE_DEPTH = 1000;

/** Throws GoFuncError with Go's text for what JSON cannot hold. */
export function writeJson(value: GoValue, escapeHtml: boolean, context: CallContext): string {
  const writer: Writer = { escapeHtml, context, depth: 0, bytes: 0, seen: new Set() };
  return write(writer, value);
}

type Writer = {
  readonly escapeHtml: boolean;
  readonly context: CallContext;
  readonly seen: Set<GoValue>;
  depth: number;
  bytes: number;
};

function write(writer: Writer, value: GoValue): string {
  if (value instanceof GoMap && !value.nil) {
    return nested(writer, value, () => writeMembers(writer, value, sortedKeys(value)));
  }
  if (value instanceof GoList && !value.nil && value.type !== '[]uint8') {
    return nested(writer, value, () => `[${value.items.map((item) => write(writer, item)).join(',')}]`);
  }
  if (isObject(value) && !value.nil) {
    const plain = value.toJson();
    return plain instanceof GoMap && !plain.nil
      ? nested(writer, value, () => writeMembers(writer, plain, [...plain.entries.keys()]))
      : write(writer, plain);
  }
  return count(writer, scalar(toJsonValue(value), writer.escapeHtml));
}

function writeMembers(writer: Writer, map: GoMap, keys: readonly string[]): string {
  const members = keys.map((key) => {
    const name = count(writer, scalar(key, writer.escapeHtml));
    return `${name}:${write(writer, map.entries.get(key))}`;
  });
  return `{${members.join(',')}}`;
}

function scalar(value: JsonValue, escapeHtml: boolean): string {
  const options = { sortKeys: true, escapeHtml };
  if (typeof value !== 'string' || !hasStrayBytes(value)) return stringifyGoJson(value, options);
  // A byte that is no UTF-8 is written as an escape, where U+FFFD itself stays.
  const valid = joinBytes(value).split(LONE_SURROGATE);
  return `"${valid.map((part) => stringifyGoJson(part, options).slice(1, -1)).join('\\ufffd')}"`;
}

function nested(writer: Writer, value: GoMap | GoList | GoValue, inner: () => string): string {
  writer.context.step(1);
  writer.depth++;
  const isDeep = writer.depth > CYCLE_DEPTH;
  if (isDeep && writer.seen.has(value)) {
    const type = value instanceof GoMap || value instanceof GoList ? value.type : '';
    throw new GoFuncError(`json: unsupported value: encountered a cycle via ${type}`);
  }
  if (isDeep) writer.seen.add(value);
  const text = inner();
  if (isDeep) writer.seen.delete(value);
  writer.depth--;
  return text;
}

function count(writer: Writer, text: string): string {
  writer.bytes += text.length + 1;
  writer.context.checkSize(writer.bytes);
  return text;
}

/** json.Indent with two spaces. */
export function indentJson(json: string, context: CallContext): string {
  const parts: string[] = [];
  let bytes = 0;
  let depth = 0;
  const put = (part: string): void => {
    parts.push(part);
    bytes += utf8Length(part);
    context.checkSize(bytes);
  };
  const newLine = (): void => put(`\n${'  '.repeat(depth)}`);
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}[\],:]|[^"{}[\],:]+/g)) {
    switch (token) {
      case '{':
      case '[':
        put(token);
        depth++;
        newLine();
        break;
      case '}':
      case ']':
        depth--;
        newLine();
        put(token);
        break;
      case ',':
        put(token);
        newLine();
        break;
      case ':':
        put(': ');
        break;
      default:
        put(token);
    }
  }
  return parts.join('');
}
