import { Cursor } from './yaml-cursor.ts';
import { scanBlockScalar, scanPlain, scanQuoted } from './yaml-scan-scalar.ts';
import {
  isBlank,
  isBlankOrEnd,
  isBreak,
  isIndicator,
  isWord,
  ScanError,
  TOKEN,
  type Token,
  type TokenKind,
} from './yaml-tokens.ts';

/** Where a key may have begun, if a `:` turns up on the same line. One for each flow level. */
type SimpleKey = {
  readonly possible: boolean;
  /** A block mapping goes on here, so that a text without `:` is an error. */
  readonly required: boolean;
  readonly token: number;
  readonly at: number;
  readonly lineStart: number;
};

const NO_KEY: SimpleKey = { possible: false, required: false, token: 0, at: 0, lineStart: 0 };

/** A key ends on its line and within this many characters (YAML 1.1, 7.4). */
const SIMPLE_KEY_LIMIT = 1024;

/**
 * The tokens of the first document of a text, by the rules of libyaml, of which Go's yaml.v2 is a translation: what is a
 * key, where a block ends, what may be indented how. Flow collections and quoted scalars may be indented in any way.
 * A text that cannot be scanned ends with an error token. Linear in the text.
 */
export function scanYaml(text: string, maxDepth: number): readonly Token[] {
  const scanner = new Scanner(text, maxDepth);
  try {
    scanner.run();
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    scanner.fail(error);
  }
  return scanner.tokens;
}

class Scanner {
  readonly tokens: Token[] = [];
  private readonly cursor: Cursor;
  private readonly maxDepth: number;
  private readonly indents: number[] = [];
  private indent = -1;
  private readonly keys: SimpleKey[] = [NO_KEY];
  private flowLevel = 0;
  private keyAllowed = true;
  private hasContent = false;
  /** The place before the token that is being scanned. */
  private readonly before = { at: 0, lineStart: 0 };
  /** The key that this token has put an end to. */
  private dropped: SimpleKey = NO_KEY;
  /** Whether nothing in the flow collection of a level could be a key. */
  private readonly keyless: boolean[] = [];
  /** Such collections, of which yaml.v2 forgets that they could be keys themselves. */
  private readonly released = new Set<number>();
  private readonly handles = new Map([
    ['!', '!'],
    ['!!', 'tag:yaml.org,2002:'],
  ]);

  constructor(text: string, maxDepth: number) {
    this.cursor = new Cursor(text);
    this.maxDepth = maxDepth;
  }

  run(): void {
    const { cursor, before } = this;
    do {
      before.at = cursor.at;
      before.lineStart = cursor.lineStart;
      this.dropped = NO_KEY;
    } while (this.next());
  }

  /**
   * libyaml does not give a token away while it may still turn out to be a key, so that an error on the same line, or in
   * the token behind the line, comes first: before a root, say, that could stand on its own.
   */
  fail(error: ScanError): void {
    const waiting = [...this.keys.slice(0, this.flowLevel + 1), this.dropped]
      .filter((key) => key.possible && !this.released.has(key.token) && this.isFresh(key, this.before))
      .map((key) => key.token);
    this.tokens.length = Math.min(this.tokens.length, ...waiting);
    this.add(TOKEN.error, error.at, error.message);
  }

  /** Scans one token, or one with the block tokens before it; false at the end of the document. */
  private next(): boolean {
    const { cursor } = this;
    this.toNextToken();
    this.dropStaleKey();
    const column = cursor.column;
    this.unroll(column);
    const c = cursor.peek();
    if (cursor.at >= cursor.text.length) return this.end(TOKEN.streamEnd);
    if (column === 0) {
      if (c === 0x25) {
        this.directive();
        return true;
      }
      if (cursor.isDocumentMark()) return this.documentMark(c === 0x2d);
    }
    this.hasContent = true;
    const following = cursor.peek(1);
    switch (c) {
      case 0x5b:
        this.flowStart(TOKEN.flowSequenceStart);
        return true;
      case 0x7b:
        this.flowStart(TOKEN.flowMappingStart);
        return true;
      case 0x5d:
        this.flowEnd(TOKEN.flowSequenceEnd);
        return true;
      case 0x7d:
        this.flowEnd(TOKEN.flowMappingEnd);
        return true;
      case 0x2c:
        this.forgetKey();
        this.keyAllowed = true;
        this.push(TOKEN.flowEntry, 1);
        return true;
      case 0x2d:
        if (!isBlankOrEnd(following)) break;
        this.blockEntry();
        return true;
      case 0x3f:
        if (this.flowLevel === 0 && !isBlankOrEnd(following)) break;
        this.explicitKey();
        return true;
      case 0x3a:
        if (this.flowLevel === 0 && !isBlankOrEnd(following)) break;
        this.value();
        return true;
      case 0x2a:
        this.named(TOKEN.alias);
        return true;
      case 0x26:
        this.named(TOKEN.anchor);
        return true;
      case 0x21:
        this.tag();
        return true;
      case 0x7c:
      case 0x3e: {
        if (this.flowLevel > 0) break;
        this.forgetKey();
        this.keyAllowed = true;
        const start = cursor.at;
        this.add(TOKEN.quoted, start, scanBlockScalar(cursor, this.indent));
        return true;
      }
      case 0x22:
      case 0x27: {
        this.saveKey();
        this.keyAllowed = false;
        const start = cursor.at;
        this.add(TOKEN.quoted, start, scanQuoted(cursor));
        return true;
      }
    }
    if (!this.startsPlain(c, following)) {
      throw new ScanError('found character that cannot start any token', cursor.at);
    }
    this.saveKey();
    const start = cursor.at;
    const plain = scanPlain(cursor, this.indent, this.flowLevel > 0);
    this.keyAllowed = plain.atNewLine;
    this.add(TOKEN.plain, start, plain.text);
    return true;
  }

  /** White space, comments and line breaks. A tab is white space only where no key can begin. */
  private toNextToken(): void {
    const { cursor } = this;
    const { text } = cursor;
    for (;;) {
      let at = cursor.at;
      const tabs = this.flowLevel > 0 || !this.keyAllowed;
      for (let c = text.charCodeAt(at); c === 0x20 || (c === 0x09 && tabs); ) c = text.charCodeAt(++at);
      cursor.at = at;
      if (text.charCodeAt(at) === 0x23) cursor.toLineEnd();
      if (!isBreak(cursor.peek())) return;
      cursor.lineBreak();
      if (this.flowLevel === 0) this.keyAllowed = true;
    }
  }

  private startsPlain(c: number, following: number): boolean {
    if (!isIndicator(c)) return !isBlankOrEnd(c);
    if (c === 0x2d) return !isBlank(following);
    return this.flowLevel === 0 && (c === 0x3f || c === 0x3a) && !isBlankOrEnd(following);
  }

  private add(kind: TokenKind, start: number, text: string): void {
    this.tokens.push({ kind, start, text });
  }

  /** A token of so many characters. */
  private push(kind: TokenKind, length: number): void {
    const start = this.cursor.at;
    this.cursor.at += length;
    this.add(kind, start, '');
  }

  // Keys.

  private saveKey(): void {
    if (!this.keyAllowed) return;
    const { cursor } = this;
    const required = this.flowLevel === 0 && this.indent === cursor.column;
    this.forgetKey();
    this.keyless[this.flowLevel] = false;
    this.keys[this.flowLevel] = {
      possible: true,
      required,
      token: this.tokens.length,
      at: cursor.at,
      lineStart: cursor.lineStart,
    };
  }

  private forgetKey(): void {
    const key = this.keys[this.flowLevel];
    if (key === undefined || !key.possible) return;
    if (key.required) throw new ScanError("could not find expected ':'", this.cursor.at);
    this.dropped = key;
    this.keys[this.flowLevel] = NO_KEY;
  }

  /** Only the key of the current level can become one later; those of outer levels are looked at when their turn comes. */
  private dropStaleKey(): void {
    const key = this.keys[this.flowLevel];
    if (key === undefined || !key.possible || this.isFresh(key)) return;
    this.forgetKey();
  }

  private isFresh(key: SimpleKey, seen: { readonly at: number; readonly lineStart: number } = this.cursor): boolean {
    return key.lineStart === seen.lineStart && seen.at - key.at <= SIMPLE_KEY_LIMIT;
  }

  private explicitKey(): void {
    if (this.flowLevel === 0) {
      if (!this.keyAllowed) throw new ScanError('mapping keys are not allowed in this context', this.cursor.at);
      this.roll(this.cursor.column, this.tokens.length, TOKEN.blockMappingStart, this.cursor.at);
    }
    this.forgetKey();
    this.keyAllowed = this.flowLevel === 0;
    this.push(TOKEN.key, 1);
  }

  private value(): void {
    const key = this.keys[this.flowLevel] ?? NO_KEY;
    if (key.possible) {
      this.tokens.splice(key.token, 0, { kind: TOKEN.key, start: key.at, text: '' });
      this.roll(key.at - key.lineStart, key.token, TOKEN.blockMappingStart, key.at);
      this.keys[this.flowLevel] = NO_KEY;
      this.keyAllowed = false;
    } else {
      if (this.flowLevel === 0) {
        if (!this.keyAllowed) throw new ScanError('mapping values are not allowed in this context', this.cursor.at);
        this.roll(this.cursor.column, this.tokens.length, TOKEN.blockMappingStart, this.cursor.at);
      }
      this.keyAllowed = this.flowLevel === 0;
    }
    this.push(TOKEN.value, 1);
  }

  // Blocks.

  private blockEntry(): void {
    if (this.flowLevel === 0) {
      if (!this.keyAllowed) {
        throw new ScanError('block sequence entries are not allowed in this context', this.cursor.at);
      }
      this.roll(this.cursor.column, this.tokens.length, TOKEN.blockSequenceStart, this.cursor.at);
    }
    this.forgetKey();
    this.keyAllowed = true;
    this.push(TOKEN.blockEntry, 1);
  }

  private roll(column: number, token: number, kind: TokenKind, start: number): void {
    if (this.flowLevel > 0 || this.indent >= column) return;
    this.indents.push(this.indent);
    this.indent = column;
    this.checkDepth();
    this.tokens.splice(token, 0, { kind, start, text: '' });
  }

  private unroll(column: number): void {
    if (this.flowLevel > 0) return;
    while (this.indent > column) {
      this.add(TOKEN.blockEnd, this.cursor.at, '');
      this.indent = this.indents.pop() ?? -1;
    }
  }

  private checkDepth(): void {
    if (this.indents.length + this.flowLevel > this.maxDepth) {
      throw new ScanError(`exceeded max depth of ${this.maxDepth}`, this.cursor.at);
    }
  }

  // Flow.

  private flowStart(kind: TokenKind): void {
    this.saveKey();
    this.flowLevel++;
    this.keys[this.flowLevel] = NO_KEY;
    this.keyless[this.flowLevel] = true;
    this.checkDepth();
    this.keyAllowed = true;
    this.push(kind, 1);
  }

  private flowEnd(kind: TokenKind): void {
    this.forgetKey();
    if (this.flowLevel > 0) {
      this.flowLevel--;
      const key = this.keys[this.flowLevel];
      if (key?.possible && this.keyless[this.flowLevel + 1]) this.released.add(key.token);
      if (key?.possible && !this.isFresh(key)) {
        if (key.required) throw new ScanError("could not find expected ':'", this.cursor.at);
        this.keys[this.flowLevel] = NO_KEY;
      }
    }
    this.keyAllowed = false;
    this.push(kind, 1);
  }

  // Anchors, aliases and tags.

  private named(kind: TokenKind): void {
    this.saveKey();
    this.keyAllowed = false;
    const { cursor } = this;
    const start = cursor.at;
    let at = start + 1;
    while (isWord(cursor.text.charCodeAt(at))) at++;
    const after = cursor.text.charCodeAt(at);
    if (at === start + 1 || !(isBlankOrEnd(after) || '?:,]}%@`'.includes(String.fromCharCode(after)))) {
      throw new ScanError('did not find expected alphabetic or numeric character', start);
    }
    cursor.at = at;
    this.add(kind, start, cursor.text.slice(start + 1, at));
  }

  private tag(): void {
    this.saveKey();
    this.keyAllowed = false;
    const { cursor } = this;
    const start = cursor.at;
    const [whole, prefix, suffix] = this.tagParts(start);
    if (suffix === undefined) throw new ScanError('did not find expected tag URI', start);
    cursor.at = start + whole.length;
    if (!isBlankOrEnd(cursor.peek())) throw new ScanError('did not find expected whitespace or line break', start);
    if (prefix === undefined) throw new ScanError('found undefined tag handle', start);
    this.add(TOKEN.tag, start, prefix + unescapeUri(suffix, start));
  }

  /** `!<uri>`, `!handle!suffix` or `!suffix`: the whole text, what its handle stands for, and the rest. */
  private tagParts(start: number): readonly [string, string | undefined, string | undefined] {
    const { text } = this.cursor;
    const verbatim = matchAt(VERBATIM_TAG, text, start);
    if (verbatim !== null || text.charCodeAt(start + 1) === 0x3c) return [verbatim?.[0] ?? '', '', verbatim?.[1]];
    const handled = matchAt(HANDLED_TAG, text, start);
    if (handled !== null) return [handled[0], this.handles.get(handled[1] ?? ''), handled[2] || undefined];
    const local = matchAt(LOCAL_TAG, text, start);
    return [local?.[0] ?? '', this.handles.get('!'), local?.[1]];
  }

  // Documents.

  private directive(): void {
    this.unroll(-1);
    this.forgetKey();
    this.keyAllowed = false;
    const { cursor } = this;
    const start = cursor.at;
    cursor.toLineEnd();
    const words = cursor.text
      .slice(start + 1, cursor.at)
      .replace(/\s#.*$/, '')
      .trim()
      .split(/\s+/);
    if (words[0] === 'YAML') {
      if (words[1] !== '1.1') throw new ScanError('found incompatible YAML document', start);
    } else if (words[0] === 'TAG') {
      if (words.length !== 3) throw new ScanError('did not find expected whitespace or line break', start);
      this.handles.set(words[1] ?? '', words[2] ?? '');
    } else throw new ScanError('found unknown directive name', start);
    this.add(TOKEN.directive, start, '');
  }

  /** What follows the first document does not matter, whatever it is. */
  private documentMark(isStart: boolean): boolean {
    if (this.hasContent) return this.end(isStart ? TOKEN.documentStart : TOKEN.documentEnd);
    this.unroll(-1);
    this.forgetKey();
    this.keyAllowed = false;
    this.hasContent = isStart;
    this.push(isStart ? TOKEN.documentStart : TOKEN.documentEnd, 3);
    return true;
  }

  private end(kind: TokenKind): false {
    this.unroll(-1);
    this.forgetKey();
    this.add(kind, this.cursor.at, '');
    return false;
  }
}

// To libyaml the signs of flow collections belong to a tag.
const URI = String.raw`[\w\-;/?:@&=+$,.!~*'()[\]%]`;
const VERBATIM_TAG = new RegExp(`!<(${URI}+)>`, 'y');
const HANDLED_TAG = new RegExp(`(![\\w-]*!)(${URI}*)`, 'y');
const LOCAL_TAG = new RegExp(`!(${URI}*)`, 'y');

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function unescapeUri(text: string, start: number): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ScanError('did not find URI escaped octet', start);
  }
}
