/** Reading numbers and booleans as Go's strconv does, with its error texts. A failure is `{error}`. */

export type Failure = { readonly error: string };

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'error' in value;
}

/** strconv.ParseUint(text, 10, bits). */
export function parseUint(text: string, bits: 16 | 32): number | Failure {
  if (!/^\d+$/.test(text)) return failure('ParseUint', text, 'invalid syntax');
  const value = BigInt(text);
  return value < 2n ** BigInt(bits) ? Number(value) : failure('ParseUint', text, 'value out of range');
}

/** strconv.ParseInt(text, 10, bits). */
export function parseInt10(text: string, bits: 16): number | Failure {
  if (!/^[-+]?\d+$/.test(text)) return failure('ParseInt', text, 'invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  const half = 2n ** BigInt(bits - 1);
  return value >= -half && value < half ? Number(value) : failure('ParseInt', text, 'value out of range');
}

/** strconv.Atoi. */
export function atoi(text: string): number | Failure {
  if (!/^[-+]?\d+$/.test(text)) return failure('Atoi', text, 'invalid syntax');
  const value = BigInt(text.replace(/^\+/, ''));
  const half = 2n ** 63n;
  return value >= -half && value < half ? Number(value) : failure('Atoi', text, 'value out of range');
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** strconv.ParseBool. */
export function parseBool(text: string): boolean | Failure {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  return failure('ParseBool', text, 'invalid syntax');
}

function failure(func: string, text: string, cause: string): Failure {
  return { error: `strconv.${func}: parsing ${goQuote(text)}: ${cause}` };
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** strconv.Quote, as far as error texts need it: every character beyond U+009F counts as printable. */
export function goQuote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const escaped = ESCAPES.get(char);
    if (escaped !== undefined) out += escaped;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= 0x80 && code <= 0xa0) out += `\\u00${code.toString(16)}`;
    else out += char;
  }
  return `${out}"`;
}

/** strings.TrimSpace: JavaScript's trim also takes U+FEFF, which Go keeps, and leaves U+0085, which Go takes. */
export function trimSpace(text: string): string {
  return text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, (spaces) => (spaces.includes('\ufeff') ? spaces : ''));
}

/** hashicorp/go-multierror's text for a list of errors. */
export function multiErrorText(messages: readonly string[]): string {
  const count = messages.length === 1 ? '1 error' : `${messages.length} errors`;
  return `${count} occurred:\n${messages.map((message) => `\t* ${message}\n`).join('')}\n`;
}
