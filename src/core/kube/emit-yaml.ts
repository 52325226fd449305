import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { compareKeys } from './emit-key-order.ts';
import { analyzeScalar, isPrintable } from './emit-scalar.ts';
import { formatGoFloat, resolvePlain } from './yaml-scalar.ts';

/** Lines are folded at a space once they are longer than this: the default of yaml.v2's emitter. */
const BEST_WIDTH = 80;
/** Keys longer than this are written as `? key`. */
const SIMPLE_KEY_BYTES = 128;

/**
 * YAML text of a value, byte for byte as sigs.k8s.io/yaml's Marshal writes it: keys in natural order, lists at the
 * column of their key, the emitter's choice of plain, quoted and literal style, folding at 80 columns. Ends with a
 * newline. Linear in the size of the output.
 */
export function emitYaml(value: JsonValue): string {
  const writer = new Writer();
  writer.root(value);
  return writer.text();
}

const BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

class Writer {
  #out = '';
  #lineStart = 0;

  text(): string {
    return this.#out;
  }

  root(value: JsonValue): void {
    if (isObject(value) && Object.keys(value).length > 0) this.#mapping(value, 0);
    else if (isArray(value) && value.length > 0) this.#sequence(value, 0);
    else this.#scalar(value, 0, false);
    this.#newline();
  }

  #put(text: string): void {
    this.#out += text;
  }

  #newline(): void {
    if (this.#out.endsWith('\n')) return;
    this.#out += '\n';
    this.#lineStart = this.#out.length;
  }

  #break(indent: number): void {
    this.#out += '\n';
    this.#lineStart = this.#out.length;
    this.#out += ' '.repeat(indent);
  }

  get #column(): number {
    return this.#out.length - this.#lineStart;
  }

  /** Starts a line at `indent`, unless the text stands there already (behind a dash). */
  #line(indent: number): void {
    if (this.#column === indent && (indent === 0 || this.#out.endsWith(' '))) return;
    this.#newline();
    this.#put(' '.repeat(indent));
  }

  #mapping(map: JsonObject, indent: number): void {
    for (const key of Object.keys(map).sort(compareKeys)) {
      this.#line(indent);
      const value = map[key] ?? null;
      if (isSimpleKey(key)) {
        this.#string(key, indent, true);
        this.#put(':');
      } else {
        this.#put('? ');
        this.#string(key, indent, false);
        this.#line(indent);
        this.#put(':');
      }
      this.#value(value, indent);
    }
  }

  #value(value: JsonValue, indent: number): void {
    if (isObject(value) && Object.keys(value).length > 0) {
      this.#newline();
      this.#mapping(value, indent + 2);
    } else if (isArray(value) && value.length > 0) {
      this.#newline();
      this.#sequence(value, indent);
    } else {
      this.#put(' ');
      this.#scalar(value, indent, false);
    }
  }

  #sequence(list: readonly JsonValue[], indent: number): void {
    for (const item of list) {
      this.#line(indent);
      this.#put('- ');
      if (isObject(item) && Object.keys(item).length > 0) this.#mapping(item, indent + 2);
      else if (isArray(item) && item.length > 0) this.#sequence(item, indent + 2);
      else this.#scalar(item, indent, false);
    }
  }

  #scalar(value: JsonValue, indent: number, isKey: boolean): void {
    if (value === null) this.#put('null');
    else if (typeof value === 'string') this.#string(value, indent, isKey);
    else if (typeof value === 'number') this.#put(number(value));
    else if (isArray(value)) this.#put('[]');
    else if (typeof value === 'object') this.#put('{}');
    else this.#put(String(value));
  }

  #string(text: string, indent: number, isKey: boolean): void {
    const analysis = analyzeScalar(text);
    const isPlainText = resolvePlain(text).kind === 'string' && !BASE60.test(text);
    if (text.includes('\n')) {
      if (analysis.blockAllowed && !isKey) this.#literal(text, indent + 2);
      else this.#doubleQuoted(text, indent + 2, !isKey);
    } else if (!isPlainText) this.#doubleQuoted(text, indent + 2, !isKey);
    else if (analysis.plainAllowed) this.#plain(text, indent + 2, !isKey);
    else if (analysis.singleQuotedAllowed) this.#singleQuoted(text, indent + 2, !isKey);
    else this.#doubleQuoted(text, indent + 2, !isKey);
  }

  #plain(text: string, indent: number, mayFold: boolean): void {
    if (this.#column + text.length <= BEST_WIDTH || !mayFold) this.#put(text);
    else this.#folded(text, indent, 1, text.length);
  }

  /**
   * Writes a text that has no breaks, folding at single spaces past the width. Spaces before `from` or from `to` on are
   * never folded: quoted styles keep their first and last character on the line.
   */
  #folded(text: string, indent: number, from: number, to: number): void {
    let start = 0;
    let wasSpace = false;
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) !== 0x20) {
        wasSpace = false;
        continue;
      }
      const columnAt = this.#column + (i - start);
      if (!wasSpace && columnAt > BEST_WIDTH && i >= from && i < to && text.charCodeAt(i + 1) !== 0x20) {
        this.#put(text.slice(start, i));
        this.#break(indent);
        start = i + 1;
      }
      wasSpace = true;
    }
    this.#put(text.slice(start));
  }

  #singleQuoted(text: string, indent: number, mayFold: boolean): void {
    this.#put("'");
    const inner = text.replaceAll("'", "''");
    if (mayFold) this.#folded(inner, indent, 1, inner.length - 1);
    else this.#put(inner);
    this.#put("'");
  }

  #doubleQuoted(text: string, indent: number, mayFold: boolean): void {
    this.#put('"');
    let wasSpace = false;
    const characters = [...text];
    for (const [i, character] of characters.entries()) {
      if (character === ' ') {
        const inside = i > 0 && i < characters.length - 1;
        if (mayFold && !wasSpace && this.#column > BEST_WIDTH && inside) {
          this.#break(indent);
          if (characters[i + 1] === ' ') this.#put('\\');
        } else this.#put(' ');
        wasSpace = true;
      } else {
        this.#put(
          isPrintable(character) && character !== '"' && character !== '\\' ? character : escapeCharacter(character),
        );
        wasSpace = false;
      }
    }
    this.#put('"');
  }

  #literal(text: string, indent: number): void {
    const leading = text.startsWith(' ') || text.startsWith('\n') ? '2' : '';
    const chomping = !text.endsWith('\n') ? '-' : text.length === 1 || text.endsWith('\n\n') ? '+' : '';
    this.#put(`|${leading}${chomping}\n`);
    const pad = ' '.repeat(indent);
    const lines = text.split('\n');
    if (text.endsWith('\n')) lines.pop();
    this.#put(lines.map((line) => (line === '' ? '' : pad + line)).join('\n'));
    if (text.endsWith('\n')) this.#put('\n');
    this.#lineStart = this.#out.endsWith('\n') ? this.#out.length : this.#out.lastIndexOf('\n') + 1;
  }
}

function isSimpleKey(key: string): boolean {
  if (key.length * 3 <= SIMPLE_KEY_BYTES) return true;
  let bytes = 0;
  for (const character of key) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes <= SIMPLE_KEY_BYTES && !key.includes('\n');
}

function number(value: number): string {
  // JSON of an integral float has no exponent below 1e21, and yaml.v2 reads that as an integer.
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(BigInt(value)) : formatGoFloat(value);
}

const NAMED: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escapeCharacter(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
