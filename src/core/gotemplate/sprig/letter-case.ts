/** Case changes of goutils 1.1 and xstrings 1.5. */
import { joinBytes } from '../quote.ts';
import { fromRunes, toByteText, toRunes } from './byte-text.ts';
import {
  isLower,
  isNumber,
  isPunctuation,
  isSpace,
  isTitle,
  isUpper,
  toLower,
  toTitle,
  toUpper,
} from './unicode-case.ts';

/** The first letter of each word in lower case. */
export function uncapitalized(text: string): string {
  let atStart = true;
  const runes = toRunes(text).map((code) => {
    if (isSpace(code)) {
      atStart = true;
      return code;
    }
    const mapped = atStart ? toLower(code) : code;
    atStart = false;
    return mapped;
  });
  return fromRunes(runes);
}

/** Upper to lower and lower to upper, where a word's first letter becomes title case. */
export function swapCase(text: string): string {
  let afterSpace = true;
  const runes = toRunes(text).map((code) => {
    const wasAfterSpace = afterSpace;
    if (isUpper(code) || isTitle(code)) {
      afterSpace = false;
      return toLower(code);
    }
    if (isLower(code)) {
      afterSpace = false;
      return wasAfterSpace ? toTitle(code) : toUpper(code);
    }
    afterSpace = isSpace(code);
    return code;
  });
  return fromRunes(runes);
}

/** The first byte of each word, taken for a character: `é` gives `Ã`. */
export function initials(text: string): string {
  let afterSpace = true;
  let out = '';
  for (const byte of toByteText(text)) {
    if (isSpace(byte.charCodeAt(0))) afterSpace = true;
    else if (afterSpace) {
      out += byte;
      afterSpace = false;
    }
  }
  return out;
}

/** `http_server` to `HttpServer`. Leading connectors stay, and one of two in a row. */
export function camelCase(text: string): string {
  const runes = toRunes(text);
  const out: number[] = [];
  let i = 0;
  while (i < runes.length && isConnector(runes[i] ?? 0)) out.push(runes[i++] ?? 0);
  // Of a text that is nothing but connectors, xstrings writes the last one twice.
  if (i === runes.length) return fromRunes([...out, ...out.slice(-1)]);
  const first = runes[i++] ?? 0;
  let current = toUpper(first);
  let inUpperRun = isUpper(first);
  for (; i < runes.length; i++) {
    const previous = current;
    current = runes[i] ?? 0;
    if (isConnector(previous)) {
      if (isConnector(current)) out.push(previous);
      else {
        inUpperRun = isUpper(current);
        current = toUpper(current);
      }
      continue;
    }
    inUpperRun = inUpperRun && isUpper(current);
    if (inUpperRun) current = toLower(current);
    out.push(previous);
  }
  out.push(current);
  return fromRunes(out);
}

/** `HTTPServer` to `http_server`: an underscore or hyphen between words, numbers and letters. */
export function separated(text: string, connector: string): string {
  const words = new Words(joinBytes(text));
  let out = '';
  const put = (word: Word): void => {
    out += lowered(word, connector);
  };
  const putRun = (from: Word): Word => {
    let word = from;
    while (word.kind === 'letters' || word.kind === 'number') {
      put(word);
      word = words.next();
    }
    return word;
  };
  let word = words.next();
  while (words.hasMore()) {
    const last = word;
    if (last.kind !== 'connector') put(last);
    word = words.next();
    switch (last.kind) {
      case 'number':
        word = putRun(word);
        if (startsWord(word)) out += connector;
        break;
      case 'connector':
        put(last);
        break;
      case 'punctuation':
        break;
      default: {
        if (word.kind !== 'number') {
          if (word.kind !== 'connector' && word.kind !== 'punctuation') out += connector;
          break;
        }
        if (!words.hasMore()) break;
        const number = word;
        word = words.next();
        if (word.kind !== 'letters') {
          // The number belongs to the word before it: `Bld4Floor`.
          put(number);
          if (word.kind !== 'connector' && word.kind !== 'punctuation') out += connector;
          break;
        }
        out += connector;
        put(number);
        word = putRun(word);
        if (startsWord(word)) out += connector;
      }
    }
  }
  put(word);
  return out;
}

type WordKind = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other';
type Word = { readonly kind: WordKind; readonly text: string };

function startsWord(word: Word): boolean {
  return word.kind !== 'none' && word.kind !== 'punctuation' && word.kind !== 'connector';
}

function lowered(word: Word, connector: string): string {
  if (word.kind !== 'connector' && word.kind !== 'upper') return word.text;
  const runes = toRunes(word.text);
  return runes.map((code) => (isConnector(code) ? connector : String.fromCodePoint(toLower(code)))).join('');
}

/** A cursor over the words of a text. */
class Words {
  readonly chars: readonly string[];
  readonly codes: readonly number[];
  at = 0;
  constructor(text: string) {
    this.chars = [...text];
    this.codes = this.chars.map((char) => {
      const code = char.codePointAt(0) ?? 0;
      return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    });
  }

  hasMore(): boolean {
    return this.at < this.chars.length;
  }

  next(): Word {
    const start = this.at;
    if (!this.hasMore()) return { kind: 'none', text: '' };
    // Bytes that are no UTF-8 go along with the character after them.
    while (this.hasMore() && this.peek() === 0xfffd) this.at++;
    if (!this.hasMore()) return this.word('none', start);
    const first = this.peek();
    this.at++;
    if (isConnector(first)) return this.run('connector', start, isConnector);
    if (isPunctuation(first)) return this.run('punctuation', start, isPunctuation);
    if (isUpper(first)) return this.upper(start);
    if (isLetter(first)) return this.run('letters', start, isSmall);
    if (isNumber(first)) return this.run('number', start, isNumber);
    return this.run('other', start, isOther);
  }

  /** `HTTPStatus` is `HTTP` and `Status`; `Status` alone is one word. */
  upper(start: number): Word {
    if (!isUpper(this.ahead().code)) return this.run('upper', start, isSmall);
    let last = this.at;
    while (this.hasMore() && isUpper(this.ahead().code)) {
      last = this.at;
      this.at = this.ahead().end;
    }
    if (this.hasMore() && isLetter(this.ahead().code)) this.at = last;
    return this.word('upper', start);
  }

  run(kind: WordKind, start: number, belongs: (code: number) => boolean): Word {
    while (this.hasMore() && belongs(this.ahead().code)) this.at = this.ahead().end;
    return this.word(kind, start);
  }

  /** The next character that is one, and the place behind it; at the end, the last character once more. */
  ahead(): { readonly code: number; readonly end: number } {
    let next = this.at;
    while (this.codes[next] === 0xfffd) next++;
    const code = this.codes[next];
    return code === undefined ? { code: this.codes[this.at - 1] ?? 0, end: next } : { code, end: next + 1 };
  }

  word(kind: WordKind, start: number): Word {
    return { kind, text: this.chars.slice(start, this.at).join('') };
  }

  peek(): number {
    return this.codes[this.at] ?? 0xfffd;
  }
}

function isConnector(code: number): boolean {
  return code === 0x2d || code === 0x5f || isSpace(code);
}

function isSmall(code: number): boolean {
  return isLetter(code) && !isUpper(code);
}

function isOther(code: number): boolean {
  return !isConnector(code) && !isLetter(code) && !isNumber(code) && !isPunctuation(code);
}

const LETTER = /\p{L}/u;

/** What xstrings calls the alphabet: letters but for CJK. */
function isLetter(code: number): boolean {
  if (!LETTER.test(String.fromCodePoint(code))) return false;
  return !(
    (code >= 0x3400 && code <= 0x4d85) ||
    (code >= 0x4e00 && code <= 0x9fcc) ||
    (code >= 0x20000 && code <= 0x2b81d)
  );
}
