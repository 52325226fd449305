import { scanYaml } from './yaml-scan.ts';
import { ScanError, TOKEN, type Token, type TokenKind } from './yaml-tokens.ts';

/** What a document consists of, in order; a collection is closed by `end`. */
export const EVENT = { scalar: 0, sequence: 1, mapping: 2, alias: 3, end: 4 } as const;

export type YamlEvent = {
  readonly kind: (typeof EVENT)[keyof typeof EVENT];
  readonly start: number;
  /** Of a scalar its value, of an alias its name. */
  readonly text: string;
  /** A scalar without quotes, whose meaning is resolved from its text. */
  readonly plain: boolean;
  readonly anchor: string;
  readonly tag: string;
};

/**
 * The events of the first document of a text, empty where there is none. Grammar and errors are those of libyaml's
 * parser, from which Go's comes.
 *
 * @throws ScanError
 */
export function yamlEvents(text: string, maxDepth: number): readonly YamlEvent[] {
  return new Parser(scanYaml(text, maxDepth)).document();
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly events: YamlEvent[] = [];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  document(): readonly YamlEvent[] {
    let kind = this.peek();
    if (kind === TOKEN.streamEnd) return this.events;
    if (kind === TOKEN.directive || kind === TOKEN.documentStart) {
      while (this.peek() === TOKEN.directive) this.at++;
      if (this.peek() !== TOKEN.documentStart) this.fail('did not find expected <document start>');
      this.at++;
      kind = this.peek();
    } else if (kind === TOKEN.documentEnd) this.fail('did not find expected node content');
    if (
      kind === TOKEN.directive ||
      kind === TOKEN.documentStart ||
      kind === TOKEN.documentEnd ||
      kind === TOKEN.streamEnd
    ) {
      this.empty();
    } else this.node(true, false);
    // What follows is of no interest, but libyaml looks at one token of it.
    this.peek();
    return this.events;
  }

  /** The kind of the next token. What the scanner could not read fails here. */
  private peek(): TokenKind {
    const token = this.tokens[this.at];
    if (token === undefined) return TOKEN.streamEnd;
    if (token.kind === TOKEN.error) throw new ScanError(token.text, token.start);
    return token.kind;
  }

  private fail(message: string): never {
    throw new ScanError(message, this.tokens[this.at]?.start ?? 0);
  }

  private node(block: boolean, indentless: boolean): void {
    let kind = this.peek();
    let token = this.tokens[this.at] as Token;
    const start = token.start;
    if (kind === TOKEN.alias) {
      this.at++;
      this.events.push({ kind: EVENT.alias, start, text: token.text, plain: false, anchor: '', tag: '' });
      return;
    }
    let anchor = '';
    let tag = '';
    while ((kind === TOKEN.anchor && anchor === '') || (kind === TOKEN.tag && tag === '')) {
      if (kind === TOKEN.anchor) anchor = token.text;
      else tag = token.text;
      this.at++;
      kind = this.peek();
      token = this.tokens[this.at] as Token;
    }
    switch (kind) {
      case TOKEN.plain:
      case TOKEN.quoted:
        this.at++;
        this.events.push({
          kind: EVENT.scalar,
          start: token.start,
          text: token.text,
          plain: kind === TOKEN.plain,
          anchor,
          tag,
        });
        return;
      case TOKEN.flowSequenceStart:
        this.open(EVENT.sequence, start, anchor, tag);
        this.at++;
        this.flowSequence();
        return;
      case TOKEN.flowMappingStart:
        this.open(EVENT.mapping, start, anchor, tag);
        this.at++;
        this.flowMapping();
        return;
      case TOKEN.blockSequenceStart:
        if (!block) break;
        this.open(EVENT.sequence, start, anchor, tag);
        this.at++;
        this.blockSequence();
        return;
      case TOKEN.blockMappingStart:
        if (!block) break;
        this.open(EVENT.mapping, start, anchor, tag);
        this.at++;
        this.blockMapping();
        return;
      case TOKEN.blockEntry:
        if (!indentless) break;
        this.open(EVENT.sequence, start, anchor, tag);
        this.indentlessSequence();
        return;
    }
    if (anchor === '' && tag === '') this.fail('did not find expected node content');
    this.events.push({ kind: EVENT.scalar, start, text: '', plain: true, anchor, tag });
  }

  private open(kind: YamlEvent['kind'], start: number, anchor: string, tag: string): void {
    this.events.push({ kind, start, text: '', plain: false, anchor, tag });
  }

  private close(): void {
    this.events.push({ ...NOTHING, kind: EVENT.end, start: this.tokens[this.at]?.start ?? 0 });
  }

  /** A value that is not written. */
  private empty(): void {
    this.events.push({ ...NOTHING, start: this.tokens[this.at]?.start ?? 0 });
  }

  private blockSequence(): void {
    while (this.peek() === TOKEN.blockEntry) {
      this.at++;
      const kind = this.peek();
      if (kind === TOKEN.blockEntry || kind === TOKEN.blockEnd) this.empty();
      else this.node(true, false);
    }
    if (this.peek() !== TOKEN.blockEnd) this.fail("did not find expected '-' indicator");
    this.close();
    this.at++;
  }

  /** A list whose dashes stand level with the key that it belongs to. */
  private indentlessSequence(): void {
    while (this.peek() === TOKEN.blockEntry) {
      this.at++;
      const kind = this.peek();
      if (kind === TOKEN.blockEntry || isBlockMappingPart(kind)) this.empty();
      else this.node(true, false);
    }
    this.close();
  }

  private blockMapping(): void {
    while (this.peek() === TOKEN.key) {
      this.at++;
      if (isBlockMappingPart(this.peek())) this.empty();
      else this.node(true, true);
      if (this.peek() !== TOKEN.value) {
        this.empty();
        continue;
      }
      this.at++;
      if (isBlockMappingPart(this.peek())) this.empty();
      else this.node(true, true);
    }
    if (this.peek() !== TOKEN.blockEnd) this.fail('did not find expected key');
    this.close();
    this.at++;
  }

  private flowSequence(): void {
    for (let first = true; this.peek() !== TOKEN.flowSequenceEnd; first = false) {
      if (!first) {
        if (this.peek() !== TOKEN.flowEntry) this.fail("did not find expected ',' or ']'");
        this.at++;
      }
      const kind = this.peek();
      if (kind === TOKEN.key) this.pair();
      else if (kind === TOKEN.flowSequenceEnd) break;
      else this.node(false, false);
    }
    this.close();
    this.at++;
  }

  /** `[a: b]`: a mapping of one pair. */
  private pair(): void {
    this.open(EVENT.mapping, this.tokens[this.at]?.start ?? 0, '', '');
    this.at++;
    const kind = this.peek();
    if (kind === TOKEN.value || kind === TOKEN.flowEntry || kind === TOKEN.flowSequenceEnd) {
      this.empty();
      // libyaml steps over the token whatever it is.
      this.at++;
    } else this.node(false, false);
    if (this.peek() === TOKEN.value) {
      this.at++;
      const next = this.peek();
      if (next === TOKEN.flowEntry || next === TOKEN.flowSequenceEnd) this.empty();
      else this.node(false, false);
    } else this.empty();
    this.close();
  }

  private flowMapping(): void {
    for (let first = true; this.peek() !== TOKEN.flowMappingEnd; first = false) {
      if (!first) {
        if (this.peek() !== TOKEN.flowEntry) this.fail("did not find expected ',' or '}'");
        this.at++;
      }
      const kind = this.peek();
      if (kind === TOKEN.flowMappingEnd) break;
      if (kind !== TOKEN.key) {
        this.node(false, false);
        this.empty();
        continue;
      }
      this.at++;
      if (isFlowMappingPart(this.peek())) this.empty();
      else this.node(false, false);
      if (this.peek() !== TOKEN.value) {
        this.empty();
        continue;
      }
      this.at++;
      const next = this.peek();
      if (next === TOKEN.flowEntry || next === TOKEN.flowMappingEnd) this.empty();
      else this.node(false, false);
    }
    this.close();
    this.at++;
  }
}

const NOTHING: YamlEvent = { kind: EVENT.scalar, start: 0, text: '', plain: true, anchor: '', tag: '' };

function isBlockMappingPart(kind: TokenKind): boolean {
  return kind === TOKEN.key || kind === TOKEN.value || kind === TOKEN.blockEnd;
}

function isFlowMappingPart(kind: TokenKind): boolean {
  return kind === TOKEN.value || kind === TOKEN.flowEntry || kind === TOKEN.flowMappingEnd;
}
