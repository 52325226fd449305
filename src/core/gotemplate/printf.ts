/** fmt.Sprintf, with all its verbs and its texts for mistakes, such as `%!d(string=x)`. */
import { ProblemError } from '../problem.ts';
import { ADDRESS, sortedKeys } from './print.ts';
import {
  formatBool,
  formatComplex,
  formatFloatVerb,
  formatInteger,
  formatString,
  hexadecimal,
} from './printf-scalar.ts';
import { type Flags, noFlags, pad } from './printf-state.ts';
import { isFunc, typeOf } from './type-name.ts';
import { GoComplex, GoInt, GoList, GoMap, type GoObject, type GoValue } from './value.ts';

/** Width and precision beyond this are mistakes to Go. */
const MAX_WIDTH = 1_000_000;
/** As in print.ts: shared parts are printed each time. */
const MAX_PRINTED = 64 * 1024 * 1024;

/** fmt.Sprintf(format, args...). Never fails: mistakes appear in the text, as Go writes them. */
export function formatPrintf(format: string, args: readonly GoValue[]): string {
  let out = '';
  let argNum = 0;
  let reordered = false;
  let i = 0;
  const end = format.length;
  while (i < end) {
    const percent = format.indexOf('%', i);
    if (percent < 0) {
      out += format.slice(i);
      break;
    }
    out += format.slice(i, percent);
    i = percent + 1;
    const flags = noFlags();
    i = readFlags(format, i, flags);
    let goodIndex = true;
    let afterIndex = false;
    const readIndex = (): void => {
      const found = argumentIndex(format, i, argNum, args.length);
      if (found === undefined) {
        afterIndex = false;
        return;
      }
      reordered = true;
      i = found.next;
      argNum = found.argNum;
      afterIndex = found.closed;
      if (!found.good) goodIndex = false;
    };
    readIndex();
    if (format.charAt(i) === '*') {
      i++;
      const width = starArgument(args, argNum);
      argNum = width.argNum;
      if (width.value === undefined) out += '%!(BADWIDTH)';
      else if (width.value < 0) {
        flags.wid = -width.value;
        flags.minus = true;
        flags.zero = false;
      } else flags.wid = width.value;
      afterIndex = false;
    } else {
      const width = readNumber(format, i);
      i = width.next;
      if (width.value !== undefined) {
        flags.wid = width.value;
        if (afterIndex) goodIndex = false;
      }
    }
    // A point that ends the format is taken for the verb.
    if (i + 1 < end && format.charAt(i) === '.') {
      i++;
      if (afterIndex) goodIndex = false;
      readIndex();
      if (format.charAt(i) === '*') {
        i++;
        const prec = starArgument(args, argNum);
        argNum = prec.argNum;
        if (prec.value === undefined || prec.value < 0) out += '%!(BADPREC)';
        else flags.prec = prec.value;
        afterIndex = false;
      } else {
        const prec = readNumber(format, i);
        i = prec.next;
        flags.prec = prec.value ?? 0;
      }
    }
    if (!afterIndex) readIndex();
    const code = format.codePointAt(i);
    if (code === undefined) {
      out += '%!(NOVERB)';
      break;
    }
    const verb = code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
    i += code > 0xffff ? 2 : 1;
    if (verb === '%') out += '%';
    else if (!goodIndex) out += `%!${verb}(BADINDEX)`;
    else if (argNum >= args.length) out += `%!${verb}(MISSING)`;
    else {
      if (verb === 'v') {
        flags.sharpV = flags.sharp;
        flags.plusV = flags.plus;
        flags.sharp = false;
        flags.plus = false;
      }
      out += formatArgument(args[argNum], verb, flags, { left: MAX_PRINTED - out.length });
      argNum++;
    }
  }
  if (!reordered && argNum < args.length) out += extra(args.slice(argNum));
  return out;
}

/** `reflect.Value` printed with a verb, as Go's own error texts do (`%s` of a list of numbers). */
export function formatWithVerb(value: GoValue, verb: string): string {
  return formatArgument(value, verb, noFlags(), { left: MAX_PRINTED });
}

type Budget = { left: number };

function extra(args: readonly GoValue[]): string {
  const shown = args.map((arg) =>
    arg === null || arg === undefined ? '<nil>' : `${typeOf(arg)}=${formatWithVerb(arg, 'v')}`,
  );
  return `%!(EXTRA ${shown.join(', ')})`;
}

function readFlags(format: string, from: number, flags: Flags): number {
  let i = from;
  for (; i < format.length; i++) {
    switch (format.charAt(i)) {
      case '#':
        flags.sharp = true;
        break;
      case '0':
        flags.zero = true;
        break;
      case '+':
        flags.plus = true;
        break;
      case '-':
        flags.minus = true;
        break;
      case ' ':
        flags.space = true;
        break;
      default:
        return i;
    }
  }
  return i;
}

/** `[n]` at `from`: undefined where there is no bracket. A bad one is consumed as far as Go does. */
function argumentIndex(
  format: string,
  from: number,
  argNum: number,
  count: number,
): { argNum: number; next: number; closed: boolean; good: boolean } | undefined {
  if (format.charAt(from) !== '[') return undefined;
  const close = format.indexOf(']', from + 1);
  if (close < 0 || format.length - from < 3) return { argNum, next: from + 1, closed: false, good: false };
  const number = readNumber(format, from + 1, close);
  if (number.value === undefined || number.next !== close)
    return { argNum, next: close + 1, closed: false, good: false };
  const index = number.value - 1;
  if (index < 0 || index >= count) return { argNum, next: close + 1, closed: true, good: false };
  return { argNum: index, next: close + 1, closed: true, good: true };
}

function readNumber(format: string, from: number, end = format.length): { value: number | undefined; next: number } {
  let next = from;
  let value = 0;
  while (next < end) {
    const digit = format.charCodeAt(next) - 0x30;
    if (digit < 0 || digit > 9) break;
    if (value > MAX_WIDTH) return { value: undefined, next: end };
    value = value * 10 + digit;
    next++;
  }
  return { value: next > from ? value : undefined, next };
}

function starArgument(args: readonly GoValue[], argNum: number): { value: number | undefined; argNum: number } {
  if (argNum >= args.length) return { value: undefined, argNum };
  const arg = args[argNum];
  if (!(arg instanceof GoInt) || arg.value > MAX_WIDTH || arg.value < -MAX_WIDTH) {
    return { value: undefined, argNum: argNum + 1 };
  }
  return { value: Number(arg.value), argNum: argNum + 1 };
}

function formatArgument(value: GoValue, verb: string, flags: Flags, budget: Budget): string {
  if (value === undefined || value === null) {
    return verb === 'T' || verb === 'v' ? pad('<nil>', flags) : badVerb(value, verb, flags, budget);
  }
  if (verb === 'T') return formatString(typeOf(value), 's', flags) ?? '';
  if (verb === 'p') return pointer(value, verb, flags, budget);
  return formatAny(value, verb, flags, budget, 0);
}

function formatAny(value: GoValue, verb: string, flags: Flags, budget: Budget, depth: number): string {
  const text = formatInner(value, verb, flags, budget, depth);
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

function formatInner(value: GoValue, verb: string, flags: Flags, budget: Budget, depth: number): string {
  if (value === undefined || value === null) {
    return flags.sharpV ? 'interface {}(nil)' : '<nil>';
  }
  if (value instanceof GoList) return list(value, verb, flags, budget, depth);
  if (value instanceof GoMap) return map(value, verb, flags, budget, depth);
  return scalar(value, verb, flags) ?? badVerb(value, verb, flags, budget);
}

function scalar(
  value: Exclude<GoValue, undefined | null | GoList | GoMap>,
  verb: string,
  flags: Flags,
): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return formatBool(value, verb, flags);
    case 'number':
      return formatFloatVerb(value, verb, flags);
    case 'string':
      return formatString(value, verb, flags);
    default:
      break;
  }
  if (value instanceof GoInt) return formatInteger(value.value, value.type.startsWith('int'), verb, flags);
  if (value instanceof GoComplex) return formatComplex(value, verb, flags);
  if (isFunc(value)) return formatInteger(ADDRESS, false, verb === 'v' ? 'x' : verb, { ...flags, sharp: true });
  return object(value, verb, flags);
}

/** A value with methods: its own text where the verb takes one, else the basic value behind it. */
function object(value: GoObject, verb: string, flags: Flags): string | undefined {
  const takesText = verb === 'v' || verb === 's' || verb === 'x' || verb === 'X' || verb === 'q';
  if (takesText && !flags.erroring) return formatString(value.print(), verb, { ...flags, sharpV: false });
  const basic = value.basic();
  if (basic !== undefined) return scalar(basic, verb, flags);
  return verb === 'v' ? pad(value.print(), flags) : undefined;
}

function list(value: GoList, verb: string, flags: Flags, budget: Budget, depth: number): string {
  if (value.type === '[]uint8' && (verb === 's' || verb === 'q' || verb === 'x' || verb === 'X')) {
    const bytes = Uint8Array.from(value.items, (item) => (item instanceof GoInt ? Number(item.value) : 0));
    if (verb === 'x' || verb === 'X') return hexadecimal(bytes, verb, flags);
    let text = '';
    for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte);
    return formatString(text, verb, flags) ?? '';
  }
  if (flags.sharpV) {
    if (value.nil) return `${value.type}(nil)`;
    return `${value.type}{${value.items.map((item) => formatAny(item, verb, flags, budget, depth + 1)).join(', ')}}`;
  }
  return `[${value.items.map((item) => formatAny(item, verb, flags, budget, depth + 1)).join(' ')}]`;
}

function map(value: GoMap, verb: string, flags: Flags, budget: Budget, depth: number): string {
  if (flags.sharpV && value.nil) return `${value.type}(nil)`;
  const members = sortedKeys(value).map((key) => {
    const member = value.entries.get(key);
    return `${formatAny(key, verb, flags, budget, depth + 1)}:${formatAny(member, verb, flags, budget, depth + 1)}`;
  });
  return flags.sharpV ? `${value.type}{${members.join(', ')}}` : `map[${members.join(' ')}]`;
}

function pointer(value: GoValue, verb: string, flags: Flags, budget: Budget): string {
  const isReference = value instanceof GoMap || value instanceof GoList || isFunc(value);
  const isPointer = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'pointer';
  if (!isReference && !isPointer) return badVerb(value, verb, flags, budget);
  return formatInteger(ADDRESS, false, 'x', { ...flags, sharp: !flags.sharp }) ?? '';
}

function badVerb(value: GoValue, verb: string, flags: Flags, budget: Budget): string {
  if (value === undefined || value === null) return `%!${verb}(<nil>)`;
  const shown = formatAny(value, 'v', { ...flags, erroring: true }, budget, 0);
  return `%!${verb}(${typeOf(value)}=${shown})`;
}
