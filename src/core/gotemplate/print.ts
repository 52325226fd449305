/** fmt.Sprint and fmt.Sprintln: the `%v` form of values. */
import { compareCodePoints } from '../json.ts';
import { ProblemError } from '../problem.ts';
import { formatFloat } from './float-format.ts';
import { isFunc } from './type-name.ts';
import { GoComplex, GoInt, GoList, GoMap, type GoValue } from './value.ts';

/** A guard, not a feature: shared parts are printed each time they occur, so that text can outgrow its value by far. */
const MAX_PRINTED = 64 * 1024 * 1024;

/** fmt.Sprint of one value. Nil and "no value" print as `<nil>`; an action's own `<no value>` is the engine's matter. */
export function formatValue(value: GoValue): string {
  if (typeof value === 'string') return value;
  return print(value, { left: MAX_PRINTED });
}

/** fmt.Sprint: a space between two operands of which neither is a string. */
export function sprint(values: readonly GoValue[]): string {
  let out = '';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string') out += ' ';
    out += formatValue(value);
  }
  return out;
}

/** fmt.Sprintln: a space between all operands and a newline at the end. */
export function sprintln(values: readonly GoValue[]): string {
  return `${values.map(formatValue).join(' ')}\n`;
}

/** The keys of a map in the order in which Go prints and ranges over them. */
export function sortedKeys(map: GoMap): readonly string[] {
  return [...map.entries.keys()].sort(compareCodePoints);
}

/** An address where Go would print one: the same for all, since a template that shows addresses has no fixed output. */
export const ADDRESS = 0xc000012000n;

function print(value: GoValue, budget: { left: number }): string {
  const text = printOne(value, budget);
  budget.left -= text.length + 1;
  if (budget.left < 0) {
    throw new ProblemError({
      code: 'TEMPLATE_LIMIT',
      severity: 'error',
      message: `a value prints as more than ${MAX_PRINTED} characters`,
    });
  }
  return text;
}

function printOne(value: GoValue, budget: { left: number }): string {
  if (value === undefined || value === null) return '<nil>';
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      return formatFloat(value, 'g');
    default:
      break;
  }
  if (value instanceof GoInt) return value.value.toString();
  if (value instanceof GoList) return `[${value.items.map((item) => print(item, budget)).join(' ')}]`;
  if (value instanceof GoMap) {
    const members = sortedKeys(value).map((key) => `${key}:${print(value.entries.get(key), budget)}`);
    return `map[${members.join(' ')}]`;
  }
  if (value instanceof GoComplex) {
    const im = formatFloat(value.im, 'g');
    return `(${formatFloat(value.re, 'g')}${/^[-+]/.test(im) ? '' : '+'}${im}i)`;
  }
  if (isFunc(value)) return `0x${ADDRESS.toString(16)}`;
  return value.print();
}
