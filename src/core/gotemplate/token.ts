import { quote } from './quote.ts';

export type Keyword =
  | 'block'
  | 'break'
  | 'continue'
  | 'define'
  | 'dot'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with';

export type TokenType =
  | Keyword
  | 'error'
  | 'bool'
  | 'char'
  | 'char-constant'
  | 'complex'
  | 'assign'
  | 'declare'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'left-delim'
  | 'left-paren'
  | 'number'
  | 'pipe'
  | 'raw-string'
  | 'right-delim'
  | 'right-paren'
  | 'space'
  | 'string'
  | 'text'
  | 'variable';

/** `pos` is an offset in UTF-16 units, `line` is 1-based; the text of an error token is its message. */
export type Token = { readonly type: TokenType; readonly pos: number; readonly text: string; readonly line: number };

export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map([
  ['block', 'block'],
  ['break', 'break'],
  ['continue', 'continue'],
  ['define', 'define'],
  ['else', 'else'],
  ['end', 'end'],
  ['if', 'if'],
  ['nil', 'nil'],
  ['range', 'range'],
  ['template', 'template'],
  ['with', 'with'],
]);

const KEYWORD_TYPES: ReadonlySet<TokenType> = new Set<TokenType>([...KEYWORDS.values(), 'dot']);

/** As Go's messages show a token: keywords in angle brackets, the rest quoted and cut after ten characters. */
export function describeToken(token: Token): string {
  if (token.type === 'eof') return 'EOF';
  if (token.type === 'error') return token.text;
  if (KEYWORD_TYPES.has(token.type)) return `<${token.text}>`;
  const shown = [...token.text];
  return token.text.length > 10 ? `${quote(shown.slice(0, 10).join(''))}...` : quote(token.text);
}
