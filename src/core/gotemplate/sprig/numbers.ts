/** Sprig's arithmetic: int64 that wraps, float64, and decimals where exactness was wanted. */

import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { formatFloat } from '../float-format.ts';
import { formatValue } from '../print.ts';
import { type CallContext, type GoFunc, GoFuncError, GoInt, GoList, type GoValue } from '../value.ts';
import { goInt, goInt64, int, text } from './arguments.ts';
import { parseInt64, parseInt64Clamped, toFloat64, toInt64 } from './cast.ts';
import {
  addDecimals,
  type Decimal,
  decimalToFloat,
  divideDecimals,
  floatToDecimal,
  multiplyDecimals,
} from './decimal.ts';
import { goPow10 } from './power-of-ten.ts';

export const numberFunctions: FunctionTable = functionTable(
  defineFunc('atoi', ['string'], false, ([value]) => goInt(parseInt64Clamped(text(value)))),
  defineFunc('int', ['any'], false, ([value]) => goInt(toInt64(value))),
  defineFunc('int64', ['any'], false, ([value]) => goInt64(toInt64(value))),
  defineFunc('float64', ['any'], false, ([value]) => toFloat64(value)),
  defineFunc('toDecimal', ['any'], false, ([value]) => goInt64(parseInt64(formatValue(value), 8) ?? 0n)),

  defineFunc('add1', ['any'], false, ([value]) => goInt64(toInt64(value) + 1n)),
  defineFunc('add', ['any'], true, (values) => goInt64(values.reduce((sum: bigint, v) => sum + toInt64(v), 0n))),
  defineFunc('sub', ['any', 'any'], false, ([a, b]) => goInt64(toInt64(a) - toInt64(b))),
  defineFunc('mul', ['any', 'any'], true, (values) =>
    goInt64(values.reduce((product: bigint, v) => BigInt.asIntN(64, product * toInt64(v)), 1n)),
  ),
  defineFunc('div', ['any', 'any'], false, ([a, b]) => goInt64(toInt64(a) / divisor(b))),
  defineFunc('mod', ['any', 'any'], false, ([a, b]) => goInt64(toInt64(a) % divisor(b))),
  ...['max', 'biggest'].map((name) => extreme(name, (a, b) => b > a)),
  extreme('min', (a, b) => b < a),
  defineFunc('maxf', ['any', 'any'], true, (values) => values.map(toFloat64).reduce((a, b) => farther(a, b, Infinity))),
  defineFunc('minf', ['any', 'any'], true, (values) =>
    values.map(toFloat64).reduce((a, b) => farther(a, b, -Infinity)),
  ),

  defineFunc('add1f', ['any'], false, ([value]) => calculate([value, 1], addDecimals)),
  defineFunc('addf', ['any'], true, (values) => calculate([0, ...values], addDecimals)),
  defineFunc('subf', ['any', 'any'], true, (values) =>
    calculate(values, (a, b) => addDecimals(a, { digits: -b.digits, exponent: b.exponent })),
  ),
  defineFunc('mulf', ['any', 'any'], true, (values) => calculate(values, multiplyDecimals)),
  defineFunc('divf', ['any', 'any'], true, (values) => calculate(values, divideDecimals)),

  defineFunc('ceil', ['any'], false, ([value]) => Math.ceil(toFloat64(value))),
  defineFunc('floor', ['any'], false, ([value]) => Math.floor(toFloat64(value))),
  defineFunc('round', ['any', 'int', 'float64'], true, ([value, places, on]) =>
    round(toFloat64(value), int(places), typeof on === 'number' ? on : 0.5),
  ),

  defineFunc('until', ['int'], false, ([count], context) => {
    const end = int(count);
    return intList(steps(0n, end, end < 0n ? -1n : 1n, context));
  }),
  defineFunc('untilStep', ['int', 'int', 'int'], false, ([start, stop, by], context) =>
    intList(steps(int(start), int(stop), int(by), context)),
  ),
  defineFunc('seq', ['int'], true, (values, context) => sequence(values.map(int), context)),
);

function divisor(value: GoValue): bigint {
  const by = toInt64(value);
  if (by === 0n) throw new GoFuncError('runtime error: integer divide by zero');
  return by;
}

function extreme(name: string, isBetter: (best: bigint, value: bigint) => boolean): GoFunc {
  return defineFunc(name, ['any', 'any'], true, (values) =>
    goInt64(values.map(toInt64).reduce((best, value) => (isBetter(best, value) ? value : best))),
  );
}

/** math.Max and math.Min: the infinity on their side wins even over NaN. */
function farther(a: number, b: number, infinity: number): number {
  if (a === infinity || b === infinity) return infinity;
  return infinity > 0 ? Math.max(a, b) : Math.min(a, b);
}

/** Applies an operation from left to right. */
function calculate(values: readonly GoValue[], operation: (a: Decimal, b: Decimal) => Decimal): number {
  return decimalToFloat(
    values.slice(1).reduce((result: Decimal, value) => operation(result, toDecimal(value)), toDecimal(values[0])),
  );
}

function toDecimal(value: GoValue): Decimal {
  const float = toFloat64(value);
  const decimal = floatToDecimal(float);
  if (decimal === undefined) throw new GoFuncError(`Cannot create a Decimal from ${formatFloat(float, 'g')}`);
  return decimal;
}

/** A fraction of `on` and above goes up. A negative number has a negative fraction, hence always goes down. */
function round(value: number, places: bigint, on: number): number {
  const power = goPow10(places);
  const scaled = power * value;
  const fraction = Number.isFinite(scaled) ? scaled - Math.trunc(scaled) : Number.isNaN(scaled) ? scaled : Number.NaN;
  return (fraction >= on ? Math.ceil(scaled) : Math.floor(scaled)) / power;
}

/** The integers from `start` on, below `stop` (above it where `by` is negative); none where `by` leads away. */
function steps(start: bigint, stop: bigint, by: bigint, context: CallContext): readonly bigint[] {
  const distance = stop - start;
  if (by === 0n || distance === 0n || distance > 0n !== by > 0n) return [];
  const count = (distance - (by > 0n ? 1n : -1n)) / by + 1n;
  context.checkSize(Number(count) * 8);
  context.step(Number(count));
  return Array.from({ length: Number(count) }, (_, i) => start + BigInt(i) * by);
}

function intList(values: readonly bigint[]): GoList {
  return new GoList(
    values.map((value) => new GoInt('int', value)),
    '[]int',
  );
}

/** As the command `seq`: `END`, `START END` or `START STEP END`, ends included. */
function sequence(values: readonly bigint[], context: CallContext): string {
  const [first, second, third] = values;
  if (first === undefined || values.length > 3) return '';
  const start = second === undefined ? 1n : first;
  const end = third ?? second ?? first;
  const direction = end < start ? -1n : 1n;
  const by = third === undefined ? direction : (second ?? 0n);
  if (direction < 0n && by > 0n) return '';
  return steps(start, end + direction, by, context).join(' ');
}
