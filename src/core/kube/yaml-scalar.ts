/**
 * What a plain scalar means to Go's yaml.v2, which sigs.k8s.io/yaml is built on: YAML 1.1 with Go's number syntax.
 * The same function decides on reading and, when writing, whether a string has to be quoted.
 */
export type Resolved =
  | { readonly kind: 'string' }
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'merge' };

const STRING: Resolved = { kind: 'string' };

const WORDS = new Map<string, Resolved>();
for (const [value, words] of [
  [true, ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']],
  [false, ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']],
] as const) {
  for (const word of words) WORDS.set(word, { kind: 'bool', value });
}
for (const word of ['', '~', 'null', 'Null', 'NULL']) WORDS.set(word, { kind: 'null' });
for (const word of ['.nan', '.NaN', '.NAN']) WORDS.set(word, { kind: 'float', value: Number.NaN });
for (const word of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']) {
  WORDS.set(word, { kind: 'float', value: Number.POSITIVE_INFINITY });
}
for (const word of ['-.inf', '-.Inf', '-.INF']) WORDS.set(word, { kind: 'float', value: Number.NEGATIVE_INFINITY });
WORDS.set('<<', { kind: 'merge' });
const LONGEST_WORD = Math.max(...[...WORDS.keys()].map((word) => word.length));

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const FRACTION = /^\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?$/;
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d*)?(?:Z|[+-]\d\d:\d\d| [+-]\d\d:\d\d)?)?$/;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** Resolves the text of an untagged plain scalar. */
export function resolvePlain(text: string): Resolved {
  const word = text.length <= LONGEST_WORD ? WORDS.get(text) : undefined;
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const isDigit = first >= 0x30 && first <= 0x39;
  if (!isDigit && first !== 0x2b && first !== 0x2d && first !== 0x2e) return STRING;
  if (first === 0x2e) return resolveFraction(text);
  if (isDigit && text.charCodeAt(4) === 0x2d && isTimestamp(text)) return { kind: 'timestamp' };
  const plain = text.includes('_') ? text.replaceAll('_', '') : text;
  const int = parseGoInt(plain);
  if (int !== undefined) return { kind: 'int', value: int };
  if (FLOAT.test(plain)) {
    const value = Number(plain);
    return Number.isFinite(value) ? { kind: 'float', value } : STRING;
  }
  return STRING;
}

/** What begins with a point goes straight to strconv.ParseFloat, which takes underscores only between digits. */
function resolveFraction(text: string): Resolved {
  const value = FRACTION.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  return Number.isFinite(value) ? { kind: 'float', value } : STRING;
}

/** strconv.ParseInt(s, 0, 64), or ParseUint for what is beyond; undefined where neither reads it. */
function parseGoInt(text: string): bigint | undefined {
  const match = /^([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[bB])([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/.exec(text);
  // yaml.v2 has a look of its own at what begins with 0b, and there the sign may follow.
  const late = match === null ? /^0b([-+])([01]+)$/.exec(text) : null;
  if (late !== null) return parseGoInt(`${late[1]}0b${late[2]}`);
  if (match === null) return undefined;
  const [, sign, hex, hexDigits, binary, bits, octal, decimal] = match;
  const magnitude =
    hex !== undefined
      ? BigInt(`0x${hexDigits}`)
      : binary !== undefined
        ? BigInt(`0b${bits}`)
        : octal !== undefined
          ? BigInt(`0o${octal}`)
          : BigInt(decimal ?? '0');
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < MIN_INT64 || value > MAX_UINT64) return undefined;
  // ParseUint takes no sign.
  return value >= 2n ** 63n && sign !== '' ? undefined : value;
}

function isTimestamp(text: string): boolean {
  if (!TIMESTAMP.test(text)) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.match(/\d+/g) ?? []).map(Number);
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60;
}

/** strconv.FormatFloat(x, 'g', -1, bits): shortest digits, exponent form below 1e-4 and from 1e6 on. */
export function formatGoFloat(value: number, bits: 32 | 64 = 64): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = shortest(Math.abs(value), bits).split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '');
  const sign = value < 0 ? '-' : '';
  if (exponent < -4 || exponent >= 6) {
    const tail = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits.charAt(0)}${tail}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** `d.ddde±x` with the fewest digits that read back as the same float. */
function shortest(value: number, bits: 32 | 64): string {
  if (bits === 64) return value.toExponential();
  const single = Math.fround(value);
  for (let digits = 0; digits < 9; digits++) {
    const text = single.toExponential(digits);
    if (Math.fround(Number(text)) === single) return text.replace(/(\.\d*?)0+e/, '$1e').replace('.e', 'e');
  }
  return single.toExponential();
}
