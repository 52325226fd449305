import { isBreak, isPrintable } from './emit-scalar.ts';

/** Lines are folded at a space once they are longer than this: the default of yaml.v2's emitter. */
const BEST_WIDTH = 80;
const SPACES = ' '.repeat(64);

/**
 * The text of a YAML document as it grows, with what libyaml's emitter knows of the line it is on: the column, whether a
 * blank stands before, and whether there is nothing but indentation and indicators yet. The text is only ever appended to,
 * never looked at, so that it stays linear.
 */
export class EmitWriter {
  text = '';
  private lineStart = 0;
  private afterBlank = true;
  private onlyIndented = true;

  private get column(): number {
    return this.text.length - this.lineStart;
  }

  /** Whether a list that begins here stands behind an indicator, and not behind `key:`. */
  get isOnlyIndented(): boolean {
    return this.onlyIndented;
  }

  /** Moves to a column: on this line where nothing has been written beyond it, else on the next. */
  indent(to: number): void {
    const { column } = this;
    if (!this.onlyIndented || column > to || (column === to && !this.afterBlank)) this.break();
    this.pad(to);
    this.afterBlank = true;
    this.onlyIndented = true;
  }

  private pad(to: number): void {
    const missing = to - this.column;
    if (missing > 0) this.text += missing <= SPACES.length ? SPACES.slice(0, missing) : ' '.repeat(missing);
  }

  private break(): void {
    this.text += '\n';
    this.lineStart = this.text.length;
  }

  /** `-`, `?` or `:`, behind which a collection may begin on the same line. */
  blockIndicator(sign: string): void {
    this.text += this.afterBlank ? sign : ` ${sign}`;
    this.afterBlank = false;
  }

  /** The colon behind a key on one line. */
  colon(): void {
    this.text += ':';
    this.afterBlank = false;
    this.onlyIndented = false;
  }

  /** A text without breaks that is never folded: numbers, empty collections, short plain scalars. */
  word(text: string): void {
    this.text += this.afterBlank ? text : ` ${text}`;
    this.afterBlank = false;
    this.onlyIndented = false;
  }

  fitsPlain(text: string): boolean {
    return this.column + text.length < BEST_WIDTH;
  }

  plain(text: string, indent: number, mayFold: boolean): void {
    this.word('');
    this.foldedLine(text, 0, text.length, indent, mayFold, true);
  }

  singleQuoted(text: string, indent: number, mayFold: boolean): void {
    this.word("'");
    const inner = text.replaceAll("'", "''");
    let from = 0;
    for (let at = 0; at < inner.length; at++) {
      if (!isBreak(inner.charCodeAt(at))) continue;
      this.foldedLine(inner, from, at, indent, mayFold, false);
      while (at < inner.length && isBreak(inner.charCodeAt(at))) this.foreignBreak(inner.charAt(at++));
      from = at;
      if (at < inner.length && inner.charCodeAt(at) !== 0x20) this.pad(indent);
    }
    this.foldedLine(inner, from, inner.length, indent, mayFold, false);
    this.text += "'";
  }

  /** A line or paragraph separator: a break to YAML 1.1, and written as itself. */
  private foreignBreak(separator: string): void {
    this.text += separator;
    this.lineStart = this.text.length;
  }

  /** A stretch without breaks, folded at single spaces past the width; a quoted text keeps its first and last character. */
  private foldedLine(text: string, from: number, to: number, indent: number, mayFold: boolean, atEnds: boolean): void {
    const first = atEnds ? 0 : 1;
    const last = atEnds ? text.length : text.length - 1;
    let start = from;
    if (mayFold && this.column + (to - from) > BEST_WIDTH) {
      let wasSpace = false;
      for (let i = from; i < to; i++) {
        if (text.charCodeAt(i) !== 0x20) {
          wasSpace = false;
          continue;
        }
        const isPast = this.column + (i - start) > BEST_WIDTH;
        if (!wasSpace && isPast && i >= first && i < last && text.charCodeAt(i + 1) !== 0x20) {
          this.text += text.slice(start, i);
          this.break();
          this.pad(indent);
          start = i + 1;
        }
        wasSpace = true;
      }
    }
    this.text += text.slice(start, to);
  }

  doubleQuoted(text: string, indent: number, mayFold: boolean): void {
    this.word('"');
    // yaml.v2 looks for the byte order mark at the start of the text, whatever character it is about.
    const escapesAll = text.startsWith('\ufeff');
    let start = 0;
    let wasSpace = false;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x20 && !escapesAll) {
        const isPast = this.column + (i - start) > BEST_WIDTH;
        if (mayFold && !wasSpace && isPast && i > 0 && i < text.length - 1) {
          this.text += text.slice(start, i);
          this.break();
          this.pad(indent);
          if (text.charCodeAt(i + 1) === 0x20) this.text += '\\';
          start = i + 1;
        }
        wasSpace = true;
        continue;
      }
      wasSpace = false;
      const point = text.codePointAt(i) ?? 0;
      if (escapesAll || code === 0x22 || code === 0x5c || isBreak(code) || !isPrintable(point)) {
        this.text += text.slice(start, i) + escapeCharacter(point);
        if (point > 0xffff) i++;
        start = i + 1;
      }
    }
    this.text += `${text.slice(start)}"`;
  }

  literal(text: string, indent: number): void {
    const first = text.charCodeAt(0);
    const last = text.charCodeAt(text.length - 1);
    const hint = first === 0x20 || isBreak(first) ? '2' : '';
    const keep = text.length === 1 || isBreak(text.charCodeAt(text.length - 2));
    const chomping = isBreak(last) ? (keep ? '+' : '') : '-';
    this.word(`|${hint}${chomping}`);
    this.break();
    let start = 0;
    let wasBreak = true;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (isBreak(code)) {
        this.text += text.slice(start, i);
        if (code === 0x0a) this.break();
        else this.foreignBreak(text.charAt(i));
        start = i + 1;
        wasBreak = true;
      } else if (wasBreak) {
        this.pad(indent);
        wasBreak = false;
      }
    }
    this.text += text.slice(start);
    this.afterBlank = true;
    this.onlyIndented = wasBreak;
  }
}

const NAMED: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
  34: '\\"',
  92: '\\\\',
  133: '\\N',
  8232: '\\L',
  8233: '\\P',
};

function escapeCharacter(code: number): string {
  const named = NAMED[code];
  if (named !== undefined) return named;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
