/** Sprig's string functions. */
import { compareCodePoints } from '../../json.ts';
import { utf8Length } from '../../utf8.ts';
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { formatValue } from '../print.ts';
import { quote } from '../quote.ts';
import { type CallContext, GoFuncError, GoList, GoMap, type GoValue } from '../value.ts';
import { asText, asTexts, goStrings, int, size, sliceBounds, text } from './arguments.ts';
import { fromByteText, hasStrayBytes, toByteText, toValidText } from './byte-text.ts';
import { camelCase, initials, separated, swapCase, uncapitalized } from './letter-case.ts';
import { lowerText, SPACES, titleText, trimSpace, upperText } from './unicode-case.ts';
import { abbreviate, wrapLines } from './wrap.ts';

export const stringFunctions: FunctionTable = functionTable(
  defineFunc('hello', [], false, () => 'Hello!'),
  defineFunc('abbrev', ['int', 'string'], false, ([width, s]) =>
    int(width) < 4n ? text(s) : abbreviate(text(s), 0, size(width)),
  ),
  defineFunc('abbrevboth', ['int', 'int', 'string'], false, ([left, right, s]) =>
    int(right) < 4n || (int(left) > 0n && int(right) < 7n) ? text(s) : abbreviate(text(s), size(left), size(right)),
  ),
  defineFunc('trunc', ['int', 'string'], false, ([count, s]) => truncate(size(count), text(s))),
  defineFunc('substr', ['int', 'int', 'string'], false, ([start, end, s]) => substring(int(start), int(end), text(s))),
  defineFunc('trim', ['string'], false, ([s]) => trimSpace(text(s))),
  defineFunc('trimAll', ['string', 'string'], false, ([set, s]) => trimSet(text(s), text(set))),
  defineFunc('trimall', ['string', 'string'], false, ([set, s]) => trimSet(text(s), text(set))),
  defineFunc('trimPrefix', ['string', 'string'], false, ([prefix, s]) =>
    onBytes([text(s), text(prefix)], (all, part) => (all.startsWith(part) ? all.slice(part.length) : all)),
  ),
  defineFunc('trimSuffix', ['string', 'string'], false, ([suffix, s]) =>
    onBytes([text(s), text(suffix)], (all, part) =>
      all.endsWith(part) ? all.slice(0, all.length - part.length) : all,
    ),
  ),
  defineFunc('hasPrefix', ['string', 'string'], false, ([part, s]) =>
    compareBytes(text(s), text(part), (a, b) => a.startsWith(b)),
  ),
  defineFunc('hasSuffix', ['string', 'string'], false, ([part, s]) =>
    compareBytes(text(s), text(part), (a, b) => a.endsWith(b)),
  ),
  defineFunc('contains', ['string', 'string'], false, ([part, s]) =>
    compareBytes(text(s), text(part), (a, b) => a.includes(b)),
  ),
  defineFunc('upper', ['string'], false, ([s]) => upperText(text(s))),
  defineFunc('lower', ['string'], false, ([s]) => lowerText(text(s))),
  defineFunc('title', ['string'], false, ([s]) => titleText(text(s))),
  defineFunc('untitle', ['string'], false, ([s]) => uncapitalized(text(s))),
  defineFunc('swapcase', ['string'], false, ([s]) => swapCase(text(s))),
  defineFunc('initials', ['string'], false, ([s]) => initials(text(s))),
  defineFunc('camelcase', ['string'], false, ([s]) => camelCase(text(s))),
  defineFunc('snakecase', ['string'], false, ([s]) => separated(text(s), '_')),
  defineFunc('kebabcase', ['string'], false, ([s]) => separated(text(s), '-')),
  defineFunc('nospace', ['string'], false, ([s]) => withoutSpace(text(s))),
  defineFunc('wrap', ['int', 'string'], false, ([width, s], context) =>
    wrapLines(text(s), size(width), '\n', false, context),
  ),
  defineFunc('wrapWith', ['int', 'string', 'string'], false, ([width, separator, s], context) =>
    wrapLines(text(s), size(width), text(separator) || '\n', true, context),
  ),
  defineFunc('repeat', ['int', 'string'], false, ([count, s], context) => repeat(text(s), int(count), context)),
  defineFunc('indent', ['int', 'string'], false, ([spaces, s], context) => indent(int(spaces), text(s), context)),
  defineFunc(
    'nindent',
    ['int', 'string'],
    false,
    ([spaces, s], context) => `\n${indent(int(spaces), text(s), context)}`,
  ),
  defineFunc('replace', ['string', 'string', 'string'], false, ([from, to, s], context) =>
    replaceAll(text(s), text(from), text(to), context),
  ),
  defineFunc('plural', ['string', 'string', 'int'], false, ([one, many, count]) =>
    int(count) === 1n ? text(one) : text(many),
  ),
  defineFunc('quote', ['any'], true, (values) => present(values, (value) => quote(asText(value)))),
  defineFunc('squote', ['any'], true, (values) => present(values, (value) => `'${formatValue(value)}'`)),
  defineFunc('cat', ['any'], true, (values) => present(values, formatValue)),
  defineFunc('toString', ['any'], false, ([value]) => asText(value)),
  defineFunc('toStrings', ['any'], false, ([value]) =>
    value instanceof GoList && value.type === '[]string' ? value : goStrings(asTexts(value)),
  ),
  defineFunc('join', ['string', 'any'], false, ([separator, list], context) =>
    join(asTexts(list), text(separator), context),
  ),
  defineFunc('split', ['string', 'string'], false, ([separator, s], context) =>
    numbered(splitText(text(s), text(separator), -1, context)),
  ),
  defineFunc('splitn', ['string', 'int', 'string'], false, ([separator, count, s], context) =>
    numbered(splitText(text(s), text(separator), size(count), context)),
  ),
  defineFunc('splitList', ['string', 'string'], false, ([separator, s], context) =>
    goStrings(splitText(text(s), text(separator), -1, context)),
  ),
  defineFunc('sortAlpha', ['any'], false, ([list]) => sortAlpha(list)),
);

function truncate(count: number, value: string): string {
  const bytes = toByteText(value);
  if (count < 0 && bytes.length + count > 0) return fromByteText(bytes.slice(bytes.length + count));
  return count >= 0 && bytes.length > count ? fromByteText(bytes.slice(0, count)) : value;
}

function substring(start: bigint, end: bigint, value: string): string {
  const bytes = toByteText(value);
  const length = BigInt(bytes.length);
  if (start < 0n) {
    if (end < 0n) return sliceBounds(`[:${end}]`);
    if (end > length) return sliceBounds(`[:${end}] with length ${length}`);
    return fromByteText(bytes.slice(0, Number(end)));
  }
  const to = end < 0n || end > length ? length : end;
  if (start > to) return sliceBounds(`[${start}:${to}]`);
  return fromByteText(bytes.slice(Number(start), Number(to)));
}

/** strings.Trim: characters of the set at both ends. All bytes that are no UTF-8 are the same to it. */
function trimSet(value: string, set: string): string {
  if (set === '') return value;
  const valid = [...toValidText(set)];
  const cut = new Set(hasStrayBytes(set) || set.includes('\ufffd') ? [...set, ...valid, ...STRAY_BYTES] : valid);
  const chars = [...value];
  let from = 0;
  let to = chars.length;
  while (from < to && cut.has(chars[from] ?? '')) from++;
  while (to > from && cut.has(chars[to - 1] ?? '')) to--;
  return chars.slice(from, to).join('');
}

/** Works on characters where all texts are valid, and on bytes where half a character might match. */
function onBytes(texts: readonly [string, string], change: (all: string, part: string) => string): string {
  const [all, part] = texts;
  if (!hasStrayBytes(all) && !hasStrayBytes(part)) return change(all, part);
  return fromByteText(change(toByteText(all), toByteText(part)));
}

const STRAY_BYTES = Array.from({ length: 128 }, (_, i) => String.fromCharCode(0xdc80 + i));

function compareBytes(all: string, part: string, test: (all: string, part: string) => boolean): boolean {
  if (!hasStrayBytes(all) && !hasStrayBytes(part)) return test(all, part);
  return test(toByteText(all), toByteText(part));
}

const ASCII_SPACE_OR_WIDE = new RegExp(`[${SPACES}]`, 'g');

/** goutils takes each byte for a character, so that what has both a space and `é` comes out as Latin-1. */
function withoutSpace(value: string): string {
  const bytes = toByteText(value);
  const kept = bytes.replace(ASCII_SPACE_OR_WIDE, '');
  return kept.length === bytes.length ? value : kept;
}

function repeat(value: string, count: bigint, context: CallContext): string {
  if (count < 0n) throw new GoFuncError('strings: negative Repeat count');
  const bytes = BigInt(utf8Length(value)) * count;
  if (bytes >= 1n << 63n) throw new GoFuncError('strings: Repeat output length overflow');
  context.checkSize(Number(bytes));
  return value === '' ? '' : value.repeat(Number(count));
}

function indent(spaces: bigint, value: string, context: CallContext): string {
  const padding = repeat(' ', spaces, context);
  if (!value.includes('\n')) return padding + value;
  let lines = 1;
  for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) lines++;
  context.checkSize(value.length + lines * padding.length);
  return padding + value.replaceAll('\n', `\n${padding}`);
}

function replaceAll(value: string, from: string, to: string, context: CallContext): string {
  if (hasStrayBytes(value) || hasStrayBytes(from)) {
    if (from !== '') {
      return fromByteText(replaceAll(toByteText(value), toByteText(from), toByteText(to), context));
    }
  }
  const parts = from === '' ? ['', ...value, ''] : value.split(from);
  context.step(parts.length >> 3);
  context.checkSize(value.length + (parts.length - 1) * utf8Length(to));
  return parts.join(to);
}

/** Texts of all values but nil, with a space between. */
function present(values: readonly GoValue[], show: (value: GoValue) => string): string {
  const shown: string[] = [];
  for (const value of values) if (value !== null && value !== undefined) shown.push(show(value));
  return shown.join(' ');
}

function join(parts: readonly string[], separator: string, context: CallContext): string {
  let bytes = Math.max(parts.length - 1, 0) * separator.length;
  for (const part of parts) bytes += part.length;
  context.checkSize(bytes);
  return parts.join(separator);
}

/** strings.SplitN: at most `count` parts, all where it is negative; an empty separator splits into characters. */
function splitText(value: string, separator: string, count: number, context: CallContext): readonly string[] {
  if (count === 0) return [];
  context.step(value.length >> 3);
  if (separator !== '' && (hasStrayBytes(value) || hasStrayBytes(separator))) {
    return splitText(toByteText(value), toByteText(separator), count, context).map(fromByteText);
  }
  const parts = separator === '' ? [...value] : value.split(separator);
  if (count < 0 || parts.length <= count) return parts;
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

/** `_0`, `_1`, …: what a template can name as fields. */
function numbered(parts: readonly string[]): GoMap {
  return new GoMap(new Map(parts.map((part, i) => [`_${i}`, part])), 'map[string]string', '');
}

/** A []string is sorted in place, as in Go: whoever holds it sees the new order. */
function sortAlpha(list: GoValue): GoList {
  if (!(list instanceof GoList)) return goStrings([asText(list)]);
  const sorted = asTexts(list).toSorted(compareCodePoints);
  if (list.type !== '[]string' || Object.isFrozen(list.items)) return goStrings(sorted);
  (list.items as GoValue[]).splice(0, sorted.length, ...sorted);
  return list;
}
