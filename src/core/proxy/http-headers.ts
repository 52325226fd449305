/**
 * The header lines of a head, looked into only where somebody asks: most of what passes a sidecar is asked for two or three
 * of them.
 */
export class HttpHeaders {
  /** From the LF of the start line to the last LF; and the same in lower case. */
  readonly #text: string;
  readonly #lower: string;

  private constructor(text: string) {
    this.#text = text;
    this.#lower = text.toLowerCase();
  }

  /** `head` whole, with its empty line; `from` is where the start line's LF stands. undefined: these are no headers. */
  static parse(head: string, from: number): HttpHeaders | undefined {
    FIELDS.lastIndex = from + 1;
    return FIELDS.test(head) ? new HttpHeaders(head.slice(from)) : undefined;
  }

  /** Without any line. */
  static readonly NONE = new HttpHeaders('\n');

  /** `name` in lower case. Values of one that is given several times are joined by commas. */
  get(name: string): string | undefined {
    const start = `\n${name}:`;
    let found: string | undefined;
    for (let at = this.#lower.indexOf(start); at >= 0; at = this.#lower.indexOf(start, at + 1)) {
      const from = at + start.length;
      const value = trimmed(this.#text, from, this.#text.indexOf('\n', from));
      found = found === undefined ? value : `${found},${value}`;
    }
    return found;
  }
}

/** Lines of a name without what names may not hold, a colon, a value, up to the empty line; obsolete continuation lines are none. */
const FIELDS = /(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n]*\r?\n)*\r?\n$/y;
const BLANK = new Set([' ', '\t', '\r']);

/** Without blanks around, of which other code than ours may take others for such. */
function trimmed(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && BLANK.has(text[start] ?? '')) start++;
  while (end > start && BLANK.has(text[end - 1] ?? '')) end--;
  return text.slice(start, end);
}
