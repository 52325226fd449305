/** Tokens of YAML 1.1, as the scanner gives them to the parser. */
export const TOKEN = {
  streamEnd: 0,
  directive: 1,
  documentStart: 2,
  documentEnd: 3,
  blockSequenceStart: 4,
  blockMappingStart: 5,
  blockEnd: 6,
  flowSequenceStart: 7,
  flowSequenceEnd: 8,
  flowMappingStart: 9,
  flowMappingEnd: 10,
  blockEntry: 11,
  flowEntry: 12,
  key: 13,
  value: 14,
  alias: 15,
  anchor: 16,
  tag: 17,
  plain: 18,
  quoted: 19,
  /** The scanner could go no further; `text` says why. The parser reports it when it gets there, and not before. */
  error: 20,
} as const;

export type TokenKind = (typeof TOKEN)[keyof typeof TOKEN];

export type Token = {
  readonly kind: TokenKind;
  /** Offset in the text, in UTF-16 units. */
  readonly start: number;
  /** Of a scalar its value, of an alias or anchor its name, of a tag its full form, of an error its message. */
  readonly text: string;
};

/** Thrown by the scanner; it becomes an error token. */
export class ScanError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const BLANK = 1;
const BREAK = 2;
const FLOW = 4;
const WORD = 8;
/** Cannot start a plain scalar. */
const INDICATOR = 16;

const CLASS = new Uint8Array(128);
const mark = (characters: string, flag: number): void => {
  for (const c of characters) CLASS[c.charCodeAt(0)] = (CLASS[c.charCodeAt(0)] ?? 0) | flag;
};
mark(' \t', BLANK);
mark('\n\r', BREAK);
mark(',?[]{}', FLOW);
mark('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-', WORD);
mark('-?:,[]{}#&*!|>\'"%@`', INDICATOR);

/** Space or tab. `c` is a UTF-16 unit, NaN at the end of the text, here and below. */
export function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}

/** Line feed, carriage return, next line, line and paragraph separator. */
export function isBreak(c: number): boolean {
  return c < 128 ? ((CLASS[c] ?? 0) & BREAK) !== 0 : c === 0x85 || c === 0x2028 || c === 0x2029;
}

export function isEnd(c: number): boolean {
  return Number.isNaN(c);
}

export function isBlankOrEnd(c: number): boolean {
  return c < 128 ? ((CLASS[c] ?? 0) & (BLANK | BREAK)) !== 0 : isEnd(c) || isBreak(c);
}

/** What ends a plain scalar inside flow collections. */
export function endsFlowScalar(c: number): boolean {
  return c < 128 && ((CLASS[c] ?? 0) & FLOW) !== 0;
}

/** What names of anchors are made of. */
export function isWord(c: number): boolean {
  return c < 128 && ((CLASS[c] ?? 0) & WORD) !== 0;
}

export function isIndicator(c: number): boolean {
  return c < 128 && ((CLASS[c] ?? 0) & INDICATOR) !== 0;
}
