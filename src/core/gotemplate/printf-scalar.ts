/** printf's forms of booleans, numbers and strings. Undefined means that the verb does not suit the type. */
import { encodeUtf8 } from '../utf8.ts';
import { type FloatFormat, formatFloat } from './float-format.ts';
import { type Flags, pad } from './printf-state.ts';
import { canBackquote, joinBytes, quote, quoteRune, quoteToAscii } from './quote.ts';
import { isPrint } from './unicode.ts';
import type { GoComplex } from './value.ts';

export function formatBool(value: boolean, verb: string, flags: Flags): string | undefined {
  return verb === 't' || verb === 'v' ? pad(String(value), flags) : undefined;
}

export function formatInteger(value: bigint, signed: boolean, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.sharpV && !signed
        ? digits(value, 16, verb, { ...flags, sharp: true })
        : digits(value, 10, verb, flags);
    case 'd':
      return digits(value, 10, verb, flags);
    case 'b':
      return digits(value, 2, verb, flags);
    case 'o':
    case 'O':
      return digits(value, 8, verb, flags);
    case 'x':
      return digits(value, 16, verb, flags);
    case 'X':
      return digits(value, 16, verb, flags);
    case 'c':
      return pad(String.fromCodePoint(character(value)), flags);
    case 'q':
      return pad(quoteRune(character(value), flags.plus), flags);
    case 'U':
      return unicodeForm(value, flags);
    default:
      return undefined;
  }
}

/** The code point to show for an integer: what is none becomes U+FFFD. */
function character(value: bigint): number {
  const isCharacter = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return isCharacter ? Number(value) : 0xfffd;
}

function digits(value: bigint, base: number, verb: string, flags: Flags): string {
  const negative = value < 0n;
  let prec = 0;
  if (flags.prec >= 0) {
    prec = flags.prec;
    if (prec === 0 && value === 0n) return flags.wid > 0 ? ' '.repeat(flags.wid) : '';
  } else if (flags.zero && !flags.minus && flags.wid > 0) {
    prec = negative || flags.plus || flags.space ? flags.wid - 1 : flags.wid;
  }
  let text = (negative ? -value : value).toString(base).padStart(prec, '0');
  if (verb === 'X') text = text.toUpperCase();
  if (flags.sharp) {
    if (base === 2) text = `0b${text}`;
    else if (base === 8 && !text.startsWith('0')) text = `0${text}`;
    else if (base === 16) text = (verb === 'X' ? '0X' : '0x') + text;
  }
  if (verb === 'O') text = `0o${text}`;
  if (negative) text = `-${text}`;
  else if (flags.plus) text = `+${text}`;
  else if (flags.space) text = ` ${text}`;
  return pad(text, flags, false);
}

function unicodeForm(value: bigint, flags: Flags): string {
  const code = BigInt.asUintN(64, value);
  let text = `U+${code.toString(16).toUpperCase().padStart(Math.max(flags.prec, 4), '0')}`;
  if (flags.sharp && code <= 0x10ffffn && isPrint(Number(code))) text += ` '${String.fromCodePoint(Number(code))}'`;
  return pad(text, flags, false);
}

export function formatFloatVerb(value: number, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return float(value, 'g', -1, flags);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return float(value, verb, -1, flags);
    case 'f':
    case 'e':
    case 'E':
      return float(value, verb, 6, flags);
    case 'F':
      return float(value, 'f', 6, flags);
    default:
      return undefined;
  }
}

function float(value: number, format: FloatFormat, defaultPrec: number, flags: Flags): string {
  const prec = flags.prec >= 0 ? flags.prec : defaultPrec;
  let text = formatFloat(value, format, prec);
  if (!/^[-+]/.test(text)) text = `+${text}`;
  if (flags.space && text.startsWith('+') && !flags.plus) text = ` ${text.slice(1)}`;
  if (!Number.isFinite(value)) {
    // Infinities and NaN are no digits: zeros do not pad them.
    if (Number.isNaN(value) && !flags.space && !flags.plus) text = text.slice(1);
    return pad(text, flags, false);
  }
  if (flags.sharp && format !== 'b') text = withPoint(text, format, prec);
  if (flags.plus || !text.startsWith('+')) {
    if (flags.zero && !flags.minus && flags.wid > text.length) {
      return text.charAt(0) + text.slice(1).padStart(flags.wid - 1, '0');
    }
    return pad(text, flags);
  }
  return pad(text.slice(1), flags);
}

/** `#` keeps the decimal point and, for `%g` and `%x`, the trailing zeros. */
function withPoint(text: string, format: FloatFormat, prec: number): string {
  let missing = format === 'g' || format === 'G' || format === 'x' ? (prec < 0 ? 6 : prec) : 0;
  const isHex = format === 'x' || format === 'X';
  const tailAt = text.search(isHex ? /p/i : /e/i);
  const tail = tailAt < 0 ? '' : text.slice(tailAt);
  let head = tailAt < 0 ? text : text.slice(0, tailAt);
  let sawNonzero = false;
  for (const char of head.slice(1)) {
    if (char === '.') continue;
    if (char !== '0') sawNonzero = true;
    if (sawNonzero) missing--;
  }
  if (!head.includes('.')) {
    if (head.length === 2 && head.charAt(1) === '0') missing--;
    head += '.';
  }
  return head + '0'.repeat(Math.max(missing, 0)) + tail;
}

export function formatComplex(value: GoComplex, verb: string, flags: Flags): string | undefined {
  const re = formatFloatVerb(value.re, verb, flags);
  const im = formatFloatVerb(value.im, verb, { ...flags, plus: true });
  return re === undefined || im === undefined ? undefined : `(${re}${im}i)`;
}

export function formatString(value: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.sharpV ? quoted(value, flags) : pad(truncated(value, flags), flags);
    case 's':
      return pad(truncated(value, flags), flags);
    case 'q':
      return quoted(value, flags);
    case 'x':
    case 'X':
      return hexadecimal(encodeUtf8(value), verb, flags);
    default:
      return undefined;
  }
}

function truncated(value: string, flags: Flags): string {
  if (flags.prec < 0 || value.length <= flags.prec) return value;
  let kept = '';
  let n = 0;
  for (const char of joinBytes(value)) {
    if (n++ >= flags.prec) break;
    kept += char;
  }
  return kept;
}

function quoted(value: string, flags: Flags): string {
  const text = truncated(value, flags);
  if (flags.sharp && canBackquote(text)) return pad(`\`${text}\``, flags);
  return pad(flags.plus ? quoteToAscii(text) : quote(text), flags);
}

export function hexadecimal(bytes: Uint8Array, verb: string, flags: Flags): string {
  const shown = flags.prec >= 0 ? bytes.subarray(0, flags.prec) : bytes;
  const prefix = flags.sharp && shown.length > 0 ? '0x' : '';
  const separator = flags.space ? ` ${flags.sharp ? '0x' : ''}` : '';
  const pairs = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0'));
  const text = prefix + pairs.join(separator);
  return pad(verb === 'X' ? text.toUpperCase() : text, flags);
}
