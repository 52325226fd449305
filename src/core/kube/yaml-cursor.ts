import { isBlankOrEnd } from './yaml-tokens.ts';

/** All that `isBreak` does not name. A search of V8's own: most characters of a configuration are skipped with it. */
const LINE_END = /[^\n\r\u0085\u2028\u2029]*/y;

/**
 * Where the scanner stands in the text. Columns count UTF-16 units from the start of the line; only the columns of
 * leading spaces and of keys behind them are ever compared.
 */
export class Cursor {
  readonly text: string;
  at = 0;
  lineStart = 0;

  constructor(text: string) {
    this.text = text;
    // One byte order mark belongs to the encoding, another may start the first line.
    while (this.at < 2 && text.charCodeAt(this.at) === 0xfeff) this.at++;
    this.lineStart = this.at;
  }

  get column(): number {
    return this.at - this.lineStart;
  }

  /** The unit at an offset from here; NaN beyond the end. */
  peek(offset = 0): number {
    return this.text.charCodeAt(this.at + offset);
  }

  /** Moves past one line break and returns what it reads as: `\n`, but the separators of Unicode are themselves. */
  lineBreak(): string {
    const c = this.text.charCodeAt(this.at);
    this.at += c === 0x0d && this.text.charCodeAt(this.at + 1) === 0x0a ? 2 : 1;
    this.lineStart = this.at;
    return c === 0x2028 ? '\u2028' : c === 0x2029 ? '\u2029' : '\n';
  }

  /** Moves to the end of the line. */
  toLineEnd(): void {
    LINE_END.lastIndex = this.at;
    LINE_END.test(this.text);
    this.at = LINE_END.lastIndex;
  }

  /** Whether a line begins here with `---` or `...` and nothing else in the word. */
  isDocumentMark(): boolean {
    if (this.at !== this.lineStart) return false;
    const c = this.text.charCodeAt(this.at);
    if (c !== 0x2d && c !== 0x2e) return false;
    return this.peek(1) === c && this.peek(2) === c && isBlankOrEnd(this.peek(3));
  }
}
