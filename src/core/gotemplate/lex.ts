/**
 * A template's text as tokens, with the trim markers already applied: the parser never sees them.
 *
 * One closure and one file, since all parts move the same position over the same text.
 *
 *   a {{- if .x }} b   →   text `a`, left-delim, if, space, field `.x`, space, right-delim, text ` b`
 */
import { quote } from './quote.ts';
import { KEYWORDS, type Token, type TokenType } from './token.ts';
import { describeRune, isAlphaNumeric } from './unicode.ts';

export type LexOptions = {
  readonly left: string;
  readonly right: string;
  /** Whether `break` and `continue` are keywords: not where a function has that name. */
  readonly breakIsKeyword: boolean;
  readonly continueIsKeyword: boolean;
};

const EOF = -1;
/** The usual characters of a name; others are looked at one by one. */
const WORD = /[A-Za-z0-9_]+/y;
const SPACES = /[ \t\r\n]+/y;
const DOUBLE_QUOTED = /[^"\\\n]+/y;
const SINGLE_QUOTED = /[^'\\\n]+/y;

const TRIM_LENGTH = 2; // the marker and the space beside it

/** A function that gives the next token at each call; after an error it has nothing more of use to say. */
export function lex(input: string, options: LexOptions): () => Token {
  const { left, right } = options;
  let pos = 0;
  let start = 0;
  let insideAction = false;
  let parens = 0;
  let nextNewline = input.indexOf('\n');
  let line = 1;
  let failed = false;

  return () => {
    if (failed) return { type: insideAction ? 'error' : 'eof', pos: 0, text: 'unclosed action', line };
    return insideAction ? lexAction() : lexText();
  };

  function token(type: TokenType, text = input.slice(start, pos)): Token {
    const made: Token = { type, pos: start, text, line: lineOfStart() };
    start = pos;
    return made;
  }

  function error(text: string): Token {
    failed = true;
    return { type: 'error', pos: start, text, line: lineOfStart() };
  }

  /** Tokens come in order, so that each newline is met once. */
  function lineOfStart(): number {
    while (nextNewline >= 0 && nextNewline < start) {
      line++;
      nextNewline = input.indexOf('\n', nextNewline + 1);
    }
    return line;
  }

  function peek(): number {
    return pos < input.length ? (input.codePointAt(pos) ?? EOF) : EOF;
  }

  function next(): number {
    const code = peek();
    if (code !== EOF) pos += code > 0xffff ? 2 : 1;
    return code;
  }

  function accept(set: string): boolean {
    if (pos >= input.length || !set.includes(input.charAt(pos))) return false;
    pos++;
    return true;
  }

  function acceptRun(set: string): void {
    while (accept(set));
  }

  function lexText(): Token {
    for (;;) {
      const at = input.indexOf(left, pos);
      if (at < 0) {
        pos = input.length;
        return start < pos ? token('text') : token('eof', 'EOF');
      }
      if (at > pos) {
        const trims = isLeftTrim(input, at + left.length);
        pos = trims ? lastNonSpace(input, start, at) : at;
        const text = pos > start ? token('text') : undefined;
        pos = at;
        start = at;
        if (text !== undefined) return text;
      }
      const delim = lexLeftDelim();
      if (delim !== undefined) return delim;
    }
  }

  /** The opening delimiter, or undefined after a whole comment was skipped. */
  function lexLeftDelim(): Token | undefined {
    pos += left.length;
    const inner = isLeftTrim(input, pos) ? TRIM_LENGTH : 0;
    if (input.startsWith('/*', pos + inner)) {
      pos += inner;
      start = pos;
      return lexComment();
    }
    const delim = token('left-delim');
    insideAction = true;
    parens = 0;
    pos += inner;
    start = pos;
    return delim;
  }

  function lexComment(): Token | undefined {
    const end = input.indexOf('*/', pos + 2);
    if (end < 0) return error('unclosed comment');
    pos = end + 2;
    const trims = isRightTrim(pos);
    if (!trims && !input.startsWith(right, pos)) return error('comment ends before closing delimiter');
    if (trims) pos += TRIM_LENGTH;
    pos += right.length;
    if (trims) pos = firstNonSpace(input, pos);
    start = pos;
    return undefined;
  }

  function isRightTrim(at: number): boolean {
    return isSpace(input.charCodeAt(at)) && input.charAt(at + 1) === '-' && input.startsWith(right, at + TRIM_LENGTH);
  }

  function lexRightDelim(): Token {
    const trims = isRightTrim(pos);
    if (trims) {
      pos += TRIM_LENGTH;
      start = pos;
    }
    pos += right.length;
    const delim = token('right-delim');
    if (trims) {
      pos = firstNonSpace(input, pos);
      start = pos;
    }
    insideAction = false;
    return delim;
  }

  function lexAction(): Token {
    if (isRightTrim(pos) || input.startsWith(right, pos)) {
      return parens === 0 ? lexRightDelim() : error('unclosed left paren');
    }
    const code = next();
    if (code === EOF) return error('unclosed action');
    if (isSpace(code)) return lexSpace();
    if (code >= 0x30 && code <= 0x39) {
      pos--;
      return lexNumber();
    }
    switch (code) {
      case 0x3d: // =
        return token('assign');
      case 0x3a: // :
        return next() === 0x3d ? token('declare') : error('expected :=');
      case 0x7c: // |
        return token('pipe');
      case 0x22: // "
        return lexQuoted('"', 'string', 'unterminated quoted string');
      case 0x27: // '
        return lexQuoted("'", 'char-constant', 'unterminated character constant');
      case 0x60: // `
        return lexRawString();
      case 0x24: // $
        return lexFieldOrVariable('variable');
      case 0x2e: // .
        if (pos < input.length && !isDigit(input.charCodeAt(pos))) return lexFieldOrVariable('field');
        pos--;
        return lexNumber();
      case 0x2b: // +
      case 0x2d: // -
        pos--;
        return lexNumber();
      case 0x28: // (
        parens++;
        return token('left-paren');
      case 0x29: // )
        parens--;
        return parens < 0 ? error('unexpected right paren') : token('right-paren');
      default:
        break;
    }
    if (isAlphaNumeric(code)) return lexIdentifier();
    if (code > 0x20 && code < 0x7f) return token('char');
    return error(`unrecognized character in action: ${describeRune(code)}`);
  }

  /** A run of spaces; the last one may belong to the closing delimiter's trim marker. */
  function lexSpace(): Token {
    skip(SPACES);
    if (isRightTrim(pos - 1)) {
      pos--;
      if (pos === start) return lexRightDelim();
    }
    return token('space');
  }

  /** Past what a sticky pattern matches: the engine's own search is much faster than a loop that has just started. */
  function skip(pattern: RegExp): void {
    pattern.lastIndex = pos;
    if (pattern.test(input)) pos = pattern.lastIndex;
  }

  function skipWord(): void {
    skip(WORD);
    while (isAlphaNumeric(peek())) next();
  }

  function lexIdentifier(): Token {
    skipWord();
    const word = input.slice(start, pos);
    if (!atTerminator()) return error(`bad character ${describeRune(peek())}`);
    const keyword = KEYWORDS.get(word);
    if (keyword === 'break') return token(options.breakIsKeyword ? 'break' : 'identifier');
    if (keyword === 'continue') return token(options.continueIsKeyword ? 'continue' : 'identifier');
    if (keyword !== undefined) return token(keyword);
    return token(word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  function lexFieldOrVariable(type: 'field' | 'variable'): Token {
    if (atTerminator()) return token(type === 'variable' ? 'variable' : 'dot');
    skipWord();
    return atTerminator() ? token(type) : error(`bad character ${describeRune(peek())}`);
  }

  /** What may follow a name: so that `$x+2` is refused, and `.X.Y` falls apart. */
  function atTerminator(): boolean {
    const code = peek();
    switch (code) {
      case EOF:
      case 0x2e: // .
      case 0x2c: // ,
      case 0x7c: // |
      case 0x3a: // :
      case 0x29: // )
      case 0x28: // (
        return true;
      default:
        return isSpace(code) || input.startsWith(right, pos);
    }
  }

  function lexQuoted(mark: string, type: TokenType, unterminated: string): Token {
    const markCode = mark.charCodeAt(0);
    const inside = mark === '"' ? DOUBLE_QUOTED : SINGLE_QUOTED;
    for (;;) {
      skip(inside);
      let code = next();
      if (code === markCode) return token(type);
      if (code === 0x5c) {
        code = next();
        if (code !== EOF && code !== 0x0a) continue;
      }
      if (code === EOF || code === 0x0a) return error(unterminated);
    }
  }

  function lexRawString(): Token {
    const end = input.indexOf('`', pos);
    if (end < 0) return error('unterminated raw quoted string');
    pos = end + 1;
    return token('raw-string');
  }

  function lexNumber(): Token {
    if (!scanNumber()) return error(`bad number syntax: ${quote(input.slice(start, pos))}`);
    const sign = peek();
    if (sign !== 0x2b && sign !== 0x2d) return token('number');
    if (!scanNumber() || input.charAt(pos - 1) !== 'i') {
      return error(`bad number syntax: ${quote(input.slice(start, pos))}`);
    }
    return token('complex');
  }

  /** Takes more than is valid; reading the number's value refuses the rest. */
  function scanNumber(): boolean {
    accept('+-');
    let digits = '0123456789_';
    let exponents = 'eE';
    if (accept('0')) {
      if (accept('xX')) {
        digits = '0123456789abcdefABCDEF_';
        exponents = 'pP';
      } else if (accept('oO')) {
        digits = '01234567_';
        exponents = '';
      } else if (accept('bB')) {
        digits = '01_';
        exponents = '';
      }
    }
    acceptRun(digits);
    if (accept('.')) acceptRun(digits);
    if (exponents !== '' && accept(exponents)) {
      accept('+-');
      acceptRun('0123456789_');
    }
    accept('i');
    if (!isAlphaNumeric(peek())) return true;
    next();
    return false;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLeftTrim(input: string, at: number): boolean {
  return input.charAt(at) === '-' && isSpace(input.charCodeAt(at + 1));
}

function firstNonSpace(input: string, from: number): number {
  let at = from;
  while (at < input.length && isSpace(input.charCodeAt(at))) at++;
  return at;
}

function lastNonSpace(input: string, from: number, to: number): number {
  let at = to;
  while (at > from && isSpace(input.charCodeAt(at - 1))) at--;
  return at;
}
