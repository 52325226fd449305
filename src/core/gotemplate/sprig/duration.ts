/** time.Duration: nanoseconds as an int64. */
import { GoFuncError, GoInt, type GoObject, type GoValue, NO_FIELD } from '../value.ts';
import { quoteTime } from './time-quote.ts';

const SECOND = 1_000_000_000n;
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
const LIMIT = 1n << 63n;

/** `1h15m30.918s`, `-1.5h`; or Go's message. */
export function parseDuration(text: string): bigint | string {
  const bad = (what: string): string => `time: ${what} ${quoteTime(text)}`;
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0n;
  if (rest === '') return bad('invalid duration');
  let total = 0n;
  while (rest !== '') {
    const parts = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest);
    const whole = parts?.[1] ?? '';
    const fraction = parts?.[2] ?? '';
    if (whole === '' && fraction === '') return bad('invalid duration');
    if (BigInt(whole) > LIMIT) return bad('invalid duration');
    rest = rest.slice(parts?.[0].length ?? 0);
    const name = /^[^.0-9]*/.exec(rest)?.[0] ?? '';
    if (name === '') return bad('missing unit in duration');
    const unit = UNITS.get(name);
    if (unit === undefined) return bad(`unknown unit ${quoteTime(name)} in duration`);
    rest = rest.slice(name.length);
    if (BigInt(whole) > LIMIT / unit) return bad('invalid duration');
    total += BigInt(whole) * unit + ofFraction(fraction, unit);
    if (total > LIMIT) return bad('invalid duration');
  }
  if (negative) return -total;
  return total === LIMIT ? bad('invalid duration') : total;
}

/** Computed with float64, as Go does; digits that no int64 holds are ignored. */
function ofFraction(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > (LIMIT - 1n) / 10n) break;
    const next = value * 10n + BigInt(digit);
    if (next > LIMIT) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** Duration.String: `1h15m30.918s`, below a second `1.5ms`. */
export function formatDuration(duration: bigint): string {
  const sign = duration < 0n ? '-' : '';
  const size = duration < 0n ? -duration : duration;
  if (size === 0n) return '0s';
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${withFraction(size, 3)}µs`;
  if (size < SECOND) return `${sign}${withFraction(size, 6)}ms`;
  const minutes = size / (60n * SECOND);
  const seconds = `${withFraction(size % (60n * SECOND), 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${seconds}`;
}

function withFraction(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}

/** Duration.Round, half away from zero; without Go's care for what overflows. */
export function roundDuration(duration: bigint, unit: bigint): bigint {
  if (unit <= 0n) return duration;
  const size = duration < 0n ? -duration : duration;
  const rest = size % unit;
  const rounded = rest * 2n < unit ? size - rest : size + unit - rest;
  return duration < 0n ? -rounded : rounded;
}

/** The largest unit that fits: `2y`, `3mo`, `5d`. A year is 365 days, a month 30. */
export function coarseDuration(duration: bigint): string {
  const size = duration < 0n ? -duration : duration;
  const day = 24n * 3600n * SECOND;
  for (const [name, unit] of [
    ['y', 365n * day],
    ['mo', 30n * day],
    ['d', day],
    ['h', 3600n * SECOND],
    ['m', 60n * SECOND],
    ['s', SECOND],
  ] as const) {
    if (size > unit) return `${size / unit}${name}`;
  }
  return '0s';
}

/** What `Sub` of two times gives to a template. */
export class DurationValue implements GoObject {
  readonly kind = 'enum';
  readonly type = 'time.Duration';
  readonly nil = false;
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }

  field(_name: string): typeof NO_FIELD {
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    const value = this.nanoseconds;
    const int64 = (unit: bigint) => (): GoValue => new GoInt('int64', value / unit);
    switch (name) {
      case 'String':
        return () => this.print();
      case 'Nanoseconds':
        return int64(1n);
      case 'Microseconds':
        return int64(1_000n);
      case 'Milliseconds':
        return int64(1_000_000n);
      case 'Seconds':
        return () => inUnits(value, SECOND);
      case 'Minutes':
        return () => inUnits(value, 60n * SECOND);
      case 'Hours':
        return () => inUnits(value, 3600n * SECOND);
      case 'Abs':
        return () => new DurationValue(value < 0n ? -value : value);
      case 'Round':
        return ([unit]) => new DurationValue(roundDuration(value, nanosecondsOf(unit)));
      case 'Truncate':
        return ([unit]) => {
          const by = nanosecondsOf(unit);
          return new DurationValue(by <= 0n ? value : value - (value % by));
        };
      default:
        return undefined;
    }
  }

  basic(): GoInt {
    return new GoInt('int64', this.nanoseconds);
  }

  print(): string {
    return formatDuration(this.nanoseconds);
  }

  toJson(): GoValue {
    return this.basic();
  }
}

/** A Duration argument; a plain integer is one, too, as a constant is to Go. */
export function nanosecondsOf(value: GoValue): bigint {
  if (value instanceof DurationValue) return value.nanoseconds;
  if (value instanceof GoInt) return value.value;
  throw new GoFuncError('wrong type for value; expected time.Duration');
}

function inUnits(value: bigint, unit: bigint): number {
  return Number(value / unit) + Number(value % unit) / Number(unit);
}
