/** encoding/json's Unmarshal into an interface{}, with its messages. */
import { encodeUtf8, utf8Length } from '../../utf8.ts';
import { joinBytes, quote } from '../quote.ts';
import { type CallContext, GoFuncError, GoList, GoMap, type GoValue } from '../value.ts';
import { toValidText } from './byte-text.ts';

/** A number that fits no float64: Go reads on, leaves nil in its place, and gives the first such error at the end. */
export class PartialJson extends GoFuncError {
  readonly value: GoValue;
  constructor(message: string, value: GoValue) {
    super(message);
    this.value = value;
  }
}

const MAX_DEPTH = 10_000;

/** Throws GoFuncError with Go's text, {@link PartialJson} where a value could be read nevertheless. */
export function readJson(text: string, context: CallContext): GoValue {
  context.step(text.length >> 3);
  const reader: Reader = { text: joinBytes(text), at: 0, depth: 0, tooLarge: undefined };
  const value = readValue(reader);
  skipSpace(reader);
  if (reader.at < reader.text.length) return unexpected(reader, 'after top-level value');
  if (reader.tooLarge !== undefined) {
    throw new PartialJson(`json: cannot unmarshal number ${reader.tooLarge} into Go value of type float64`, value);
  }
  return value;
}

type Reader = { readonly text: string; at: number; depth: number; tooLarge: string | undefined };

function skipSpace(reader: Reader): void {
  const { text } = reader;
  for (;;) {
    const code = text.charCodeAt(reader.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    reader.at++;
  }
}

function readValue(reader: Reader): GoValue {
  skipSpace(reader);
  switch (reader.text.charAt(reader.at)) {
    case '{':
      return readObject(reader);
    case '[':
      return readArray(reader);
    case '"':
      return readString(reader);
    case 't':
      return readWord(reader, 'true', true);
    case 'f':
      return readWord(reader, 'false', false);
    case 'n':
      return readWord(reader, 'null', null);
    default:
      return /[-0-9]/.test(reader.text.charAt(reader.at))
        ? readNumber(reader)
        : unexpected(reader, 'looking for beginning of value');
  }
}

function readObject(reader: Reader): GoMap {
  const entries = new Map<string, GoValue>();
  enter(reader);
  skipSpace(reader);
  if (reader.text.charAt(reader.at) === '}') leave(reader);
  else {
    for (;;) {
      skipSpace(reader);
      if (reader.text.charAt(reader.at) !== '"') unexpected(reader, 'looking for beginning of object key string');
      const key = readString(reader);
      skipSpace(reader);
      if (reader.text.charAt(reader.at) !== ':') unexpected(reader, 'after object key');
      reader.at++;
      entries.set(key, readValue(reader));
      skipSpace(reader);
      if (reader.text.charAt(reader.at) === '}') break;
      if (reader.text.charAt(reader.at) !== ',') unexpected(reader, 'after object key:value pair');
      reader.at++;
    }
    leave(reader);
  }
  return new GoMap(entries);
}

function readArray(reader: Reader): GoList {
  const items: GoValue[] = [];
  enter(reader);
  skipSpace(reader);
  if (reader.text.charAt(reader.at) !== ']') {
    for (;;) {
      items.push(readValue(reader));
      skipSpace(reader);
      if (reader.text.charAt(reader.at) === ']') break;
      if (reader.text.charAt(reader.at) !== ',') unexpected(reader, 'after array element');
      reader.at++;
    }
  }
  leave(reader);
  return new GoList(items);
}

function enter(reader: Reader): void {
  reader.at++;
  if (++reader.depth > MAX_DEPTH) throw new GoFuncError('exceeded max depth');
}

function leave(reader: Reader): void {
  reader.at++;
  reader.depth--;
}

const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }),
);

function readString(reader: Reader): string {
  const { text } = reader;
  let out = '';
  reader.at++;
  for (;;) {
    PLAIN.lastIndex = reader.at;
    const plain = PLAIN.exec(text)?.[0] ?? '';
    out += plain;
    reader.at += plain.length;
    const char = text.charAt(reader.at);
    if (char === '"') {
      reader.at++;
      // Half a surrogate pair becomes U+FFFD, too.
      return toValidText(out);
    }
    if (char !== '\\') return unexpected(reader, 'in string literal');
    reader.at++;
    if (text.charAt(reader.at) === 'u') out += readCodeUnit(reader);
    else {
      const escaped = ESCAPES.get(text.charAt(reader.at));
      if (escaped === undefined) return unexpected(reader, 'in string escape code');
      out += escaped;
      reader.at++;
    }
  }
}

function readCodeUnit(reader: Reader): string {
  let code = 0;
  reader.at++;
  for (let i = 0; i < 4; i++) {
    const digit = reader.text.charAt(reader.at);
    if (!/[0-9a-fA-F]/.test(digit)) return unexpected(reader, 'in \\u hexadecimal character escape');
    code = code * 16 + Number.parseInt(digit, 16);
    reader.at++;
  }
  return String.fromCharCode(code);
}

function readWord<T extends GoValue>(reader: Reader, word: string, value: T): T {
  for (let i = 0; i < word.length; i++) {
    const expected = word.charAt(i);
    if (reader.text.charAt(reader.at) !== expected) {
      return unexpected(reader, `in literal ${word} (expecting '${expected}')`);
    }
    reader.at++;
  }
  return value;
}

function readNumber(reader: Reader): GoValue {
  const { text } = reader;
  const start = reader.at;
  const isDigit = (): boolean => /[0-9]/.test(text.charAt(reader.at));
  const digits = (where: string): void => {
    if (!isDigit()) unexpected(reader, where);
    while (isDigit()) reader.at++;
  };
  if (text.charAt(reader.at) === '-') reader.at++;
  if (text.charAt(reader.at) === '0') reader.at++;
  else digits('in numeric literal');
  if (text.charAt(reader.at) === '.') {
    reader.at++;
    digits('after decimal point in numeric literal');
  }
  if (/[eE]/.test(text.charAt(reader.at))) {
    reader.at++;
    if (/[-+]/.test(text.charAt(reader.at))) reader.at++;
    digits('in exponent of numeric literal');
  }
  const literal = text.slice(start, reader.at);
  const value = Number(literal);
  if (Number.isFinite(value)) return value;
  reader.tooLarge ??= literal;
  return null;
}

/** At the end of the text Go tries a space, which inside a literal or an escape is a mistake of its own. */
function unexpected(reader: Reader, where: string): never {
  const isEnd = reader.at >= reader.text.length;
  if (isEnd && !INSIDE.test(where)) throw new GoFuncError('unexpected end of JSON input');
  if (isEnd) throw new GoFuncError(`invalid character ' ' ${where}`);
  throw new GoFuncError(`invalid character ${quoteByte(reader)} ${where}`);
}

const INSIDE = /^in (?!string literal)|^after decimal point/;

/** Go looks at one byte and shows it as a character. */
function quoteByte(reader: Reader): string {
  const char = String.fromCodePoint(reader.text.codePointAt(reader.at) ?? 0);
  const byte = utf8Length(char) === 1 && char < '\u0080' ? char : String.fromCharCode(encodeUtf8(char)[0] ?? 0);
  if (byte === "'") return "'\\''";
  return byte === '"' ? "'\"'" : `'${quote(byte).slice(1, -1)}'`;
}
