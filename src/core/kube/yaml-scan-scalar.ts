import type { Cursor } from './yaml-cursor.ts';
import { endsFlowScalar, isBlank, isBlankOrEnd, isBreak, isEnd, ScanError } from './yaml-tokens.ts';

/** The scalars of YAML 1.1, as libyaml and so Go's yaml.v2 reads them. Each leaves the cursor behind the scalar. */

export type PlainScalar = {
  readonly text: string;
  /** Whether the scalar ended at a line of its own, so that a key may follow. */
  readonly atNewLine: boolean;
};

/** `indent` is that of the block around; in flow collections indentation does not count. */
export function scanPlain(cursor: Cursor, indent: number, inFlow: boolean): PlainScalar {
  const { text } = cursor;
  let value = '';
  let gap = '';
  let folded = false;
  for (;;) {
    if (cursor.isDocumentMark() || cursor.peek() === 0x23) break;
    const start = cursor.at;
    let at = start;
    for (let c = text.charCodeAt(at); !isBlankOrEnd(c); c = text.charCodeAt(++at)) {
      if (c === 0x3a ? isBlankOrEnd(text.charCodeAt(at + 1)) : inFlow && endsFlowScalar(c)) break;
    }
    if (at === start) break;
    value = value === '' && gap === '' ? text.slice(start, at) : value + gap + text.slice(start, at);
    folded = false;
    cursor.at = at;
    if (!isBlankOrEnd(text.charCodeAt(at)) || at >= text.length) break;
    const space = foldSpace(cursor, indent + 1);
    gap = space.text;
    folded = space.lines > 0;
    if (!inFlow && cursor.column <= indent) break;
  }
  return { text: value, atNewLine: folded };
}

type Space = { readonly text: string; readonly lines: number };

/** White space between words: as it is on one line; over lines a space, or all but the first of the breaks. */
function foldSpace(cursor: Cursor, tabsFrom: number): Space {
  const start = cursor.at;
  while (isBlank(cursor.peek())) cursor.at++;
  if (!isBreak(cursor.peek())) return { text: cursor.text.slice(start, cursor.at), lines: 0 };
  const first = cursor.lineBreak();
  let more = '';
  let lines = 1;
  for (;;) {
    const c = cursor.peek();
    if (isBlank(c)) {
      if (c === 0x09 && cursor.column < tabsFrom) {
        throw new ScanError('found a tab character that violates indentation', cursor.at);
      }
      cursor.at++;
    } else if (isBreak(c)) {
      more += cursor.lineBreak();
      lines++;
    } else break;
  }
  return { text: first !== '\n' ? first + more : more === '' ? ' ' : more, lines };
}

/** `"…"` or `'…'`; the cursor stands on the opening quote. */
export function scanQuoted(cursor: Cursor): string {
  const { text } = cursor;
  const opening = cursor.at;
  const quote = text.charCodeAt(opening);
  const double = quote === 0x22;
  cursor.at++;
  let value = '';
  for (;;) {
    if (cursor.isDocumentMark()) throw new ScanError('found unexpected document indicator', cursor.at);
    if (cursor.at >= text.length) throw new ScanError('found unexpected end of stream', opening);
    let start = cursor.at;
    let joined = false;
    for (let c = cursor.peek(); !isBlankOrEnd(c); c = cursor.peek()) {
      if (c === quote) {
        if (double || cursor.peek(1) !== quote) break;
        value += text.slice(start, cursor.at + 1);
        cursor.at += 2;
        start = cursor.at;
      } else if (double && c === 0x5c) {
        value += text.slice(start, cursor.at);
        if (isBreak(cursor.peek(1))) {
          cursor.at++;
          cursor.lineBreak();
          joined = true;
          start = cursor.at;
          break;
        }
        value += scanEscape(cursor);
        start = cursor.at;
      } else cursor.at++;
    }
    if (!joined) value += text.slice(start, cursor.at);
    if (!joined && cursor.peek() === quote) break;
    value += joined ? afterEscapedBreak(cursor) : foldSpace(cursor, 0).text;
  }
  cursor.at++;
  return value;
}

/** A backslash at the end of a line: the break and the white space after it are nothing, further breaks count. */
function afterEscapedBreak(cursor: Cursor): string {
  let breaks = '';
  for (let c = cursor.peek(); isBlank(c) || isBreak(c); c = cursor.peek()) {
    if (isBreak(c)) breaks += cursor.lineBreak();
    else cursor.at++;
  }
  return breaks;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function scanEscape(cursor: Cursor): string {
  const at = cursor.at;
  const letter = cursor.text.charAt(at + 1);
  const simple = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (simple !== undefined) {
    cursor.at += 2;
    return simple;
  }
  const length = Object.hasOwn(HEX_DIGITS, letter) ? HEX_DIGITS[letter] : undefined;
  if (length === undefined) throw new ScanError('found unknown escape character', at);
  const digits = cursor.text.slice(at + 2, at + 2 + length);
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) {
    throw new ScanError('did not find expected hexdecimal number', at);
  }
  const code = Number.parseInt(digits, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw new ScanError('found invalid Unicode character escape code', at);
  }
  cursor.at += 2 + length;
  return String.fromCodePoint(code);
}

/** `|` or `>` with its header; `parent` is the indent of the block around, -1 at the top. */
export function scanBlockScalar(cursor: Cursor, parent: number): string {
  const { text } = cursor;
  const literal = cursor.peek() === 0x7c;
  cursor.at++;
  const header = scanHeader(cursor);
  let indent = header.increment === 0 ? 0 : Math.max(parent, 0) + header.increment;
  let blank = scanIndent(cursor, indent, parent);
  indent = blank.indent;
  let value = '';
  let leadingBreak = '';
  let trailing = blank.breaks;
  let wasBlank = false;
  while (cursor.column === indent && cursor.at < text.length) {
    const startsBlank = isBlank(cursor.peek());
    if (!literal && leadingBreak === '\n' && !wasBlank && !startsBlank) value += trailing === '' ? ' ' : '';
    else value += leadingBreak;
    value += trailing;
    wasBlank = startsBlank;
    const start = cursor.at;
    cursor.toLineEnd();
    value += text.slice(start, cursor.at);
    leadingBreak = cursor.at < text.length ? cursor.lineBreak() : '';
    blank = scanIndent(cursor, indent, parent);
    trailing = blank.breaks;
  }
  if (header.chomp !== 'strip') value += leadingBreak;
  return header.chomp === 'keep' ? value + trailing : value;
}

type Header = { readonly chomp: 'clip' | 'strip' | 'keep'; readonly increment: number };

function scanHeader(cursor: Cursor): Header {
  let chomp: Header['chomp'] = 'clip';
  let increment = 0;
  for (let part = 0; part < 2; part++) {
    const c = cursor.peek();
    if ((c === 0x2b || c === 0x2d) && chomp === 'clip') chomp = c === 0x2b ? 'keep' : 'strip';
    else if (c >= 0x30 && c <= 0x39 && increment === 0) {
      if (c === 0x30) throw new ScanError('found an indentation indicator equal to 0', cursor.at);
      increment = c - 0x30;
    } else break;
    cursor.at++;
  }
  while (isBlank(cursor.peek())) cursor.at++;
  if (cursor.peek() === 0x23) cursor.toLineEnd();
  const c = cursor.peek();
  if (!isBreak(c) && !isEnd(c)) throw new ScanError('did not find expected comment or line break', cursor.at);
  if (isBreak(c)) cursor.lineBreak();
  return { chomp, increment };
}

/** Passes indentation and empty lines; an indent of 0 is found out from the first line that is not empty. */
function scanIndent(
  cursor: Cursor,
  known: number,
  parent: number,
): { readonly indent: number; readonly breaks: string } {
  let breaks = '';
  let deepest = 0;
  for (;;) {
    while ((known === 0 || cursor.column < known) && cursor.peek() === 0x20) cursor.at++;
    if (cursor.column > deepest) deepest = cursor.column;
    if ((known === 0 || cursor.column < known) && cursor.peek() === 0x09) {
      throw new ScanError('found a tab character where an indentation space is expected', cursor.at);
    }
    if (!isBreak(cursor.peek())) break;
    breaks += cursor.lineBreak();
  }
  return { indent: known === 0 ? Math.max(deepest, parent + 1, 1) : known, breaks };
}
