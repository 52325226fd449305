import type { JsonValue } from '../json.ts';
import { goQuote } from './go-text.ts';

/**
 * google.protobuf.Duration. In memory: the canonical JSON text (`45s`, `1.500s`), as protobuf JSON writes it. For
 * arithmetic: nanoseconds as bigint, the unit of Go's time.Duration.
 */

const SECOND = 1_000_000_000n;
const MAX = 9_223_372_036_854_775_807n;

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', SECOND],
  ['m', 60n * SECOND],
  ['h', 3600n * SECOND],
]);

/** Go's time.ParseDuration (`1h15m30.918s`, `-1.5s`); on failure `{error}` with Go's text. */
export function parseGoDuration(text: string): bigint | { readonly error: string } {
  const invalid = { error: `time: invalid duration ${goQuote(text)}` };
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0n;
  if (rest === '') return invalid;
  let total = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const whole = number?.[1] ?? '';
    const fraction = number?.[2] ?? '';
    if (whole === '' && fraction === '') return invalid;
    rest = rest.slice(number?.[0].length ?? 0);
    const unitText = /^[^\d.]*/.exec(rest)?.[0] ?? '';
    if (unitText === '') return { error: `time: missing unit in duration ${goQuote(text)}` };
    const unit = UNITS.get(unitText);
    if (unit === undefined) return { error: `time: unknown unit ${goQuote(unitText)} in duration ${goQuote(text)}` };
    rest = rest.slice(unitText.length);
    total += BigInt(whole === '' ? '0' : whole) * unit;
    if (fraction !== '') total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    if (total > MAX && !(negative && total === MAX + 1n)) return invalid;
  }
  return negative ? -total : total;
}

/** Canonical protobuf JSON: seconds with 0, 3, 6 or 9 decimals and an `s`. */
export function formatProtoDuration(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const digits = (absolute % SECOND).toString().padStart(9, '0');
  const fraction = digits.replace(/0{9}$|0{6}$|0{3}$/, '');
  return `${sign}${absolute / SECOND}${fraction === '' ? '' : `.${fraction}`}s`;
}

/** Nanoseconds of a duration in its canonical JSON text; 0 for undefined, as Go's nil message. */
export function durationNanoseconds(text: string | undefined): bigint {
  if (text === undefined) return 0n;
  const parsed = parseGoDuration(text);
  return typeof parsed === 'bigint' ? parsed : 0n;
}

/** The same in whole milliseconds; what is no text, or an empty one, is the fallback. */
export function durationMilliseconds(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'string' && value !== '' ? Number(durationNanoseconds(value) / 1_000_000n) : fallback;
}

/** Go's time.Duration.String: `45s`, `1m0s`, `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (absolute < SECOND) {
    const [unit, scale] = absolute < 1_000n ? ['ns', 1n] : absolute < 1_000_000n ? ['µs', 1_000n] : ['ms', 1_000_000n];
    return `${sign}${decimal(absolute, BigInt(scale))}${unit}`;
  }
  const minutes = absolute / (60n * SECOND);
  const seconds = `${decimal(absolute % (60n * SECOND), SECOND)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, scale: bigint): string {
  const whole = value / scale;
  const rest = value % scale;
  if (rest === 0n) return whole.toString();
  const digits = rest.toString().padStart(scale.toString().length - 1, '0');
  return `${whole}.${digits.replace(/0+$/, '')}`;
}
