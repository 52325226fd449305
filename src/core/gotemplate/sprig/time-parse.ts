/** time.ParseInLocation. */
import { daysInMonth, secondsOf } from './calendar.ts';
import { MONTHS, WEEKDAYS } from './time-format.ts';
import { layoutSteps } from './time-layout.ts';
import { quoteTime } from './time-quote.ts';
import { localSeconds, TimeValue } from './time-value.ts';
import { fixedZone, UTC, type Zone } from './time-zone.ts';

/** The time, or Go's message. A zone in the text wins over `zone`. */
export function parseTime(layout: string, text: string, zone: Zone): TimeValue | string {
  const state: State = { rest: text, afternoon: undefined };
  const steps = layoutSteps(layout);
  for (const [i, { literal, element }] of steps.entries()) {
    const hold = skip(state.rest, literal);
    if (typeof hold !== 'string') return cannot(text, layout, literal, hold.rest);
    state.rest = hold;
    if (element === '') {
      if (hold !== '') return `parsing time ${quoteTime(text)}: extra text: ${quoteTime(hold)}`;
      break;
    }
    const outcome = read(state, element, steps[i + 1]);
    if (outcome === 'bad') return cannot(text, layout, element, hold);
    if (outcome !== undefined) return outOfRange(text, outcome);
  }
  return build(state, text, zone);
}

type State = {
  rest: string;
  year?: number;
  month?: number;
  day?: number;
  yearDay?: number;
  hour?: number;
  minute?: number;
  second?: number;
  nanoseconds?: number;
  afternoon: boolean | undefined;
  isUtc?: boolean;
  offset?: number;
  zoneName?: string;
};

function cannot(text: string, layout: string, element: string, rest: string): string {
  return `parsing time ${quoteTime(text)} as ${quoteTime(layout)}: cannot parse ${quoteTime(rest)} as ${quoteTime(element)}`;
}

function outOfRange(text: string, what: string): string {
  return `parsing time ${quoteTime(text)}: ${what} out of range`;
}

/** Reads past a literal, where any number of spaces equals any other. */
function skip(value: string, literal: string): string | { readonly rest: string } {
  let rest = value;
  let prefix = literal;
  while (prefix !== '') {
    if (prefix.startsWith(' ')) {
      if (rest !== '' && !rest.startsWith(' ')) return { rest };
      prefix = prefix.replace(/^ +/, '');
      rest = rest.replace(/^ +/, '');
      continue;
    }
    if (rest === '' || rest.charAt(0) !== prefix.charAt(0)) return { rest };
    prefix = prefix.slice(1);
    rest = rest.slice(1);
  }
  return rest;
}

/** Undefined when all is well, `bad` where the element is not there, else the name of what is out of range. */
function read(state: State, element: string, next: { readonly literal: string; readonly element: string } | undefined) {
  const take = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(state.rest)?.[0];
    if (found !== undefined) state.rest = state.rest.slice(found.length);
    return found;
  };
  const number = (isFixed: boolean): number | undefined => {
    const found = take(isFixed ? /^[0-9]{2}/ : /^[0-9]{1,2}/);
    return found === undefined ? undefined : Number(found);
  };
  const name = (names: readonly string[], length?: number): number => {
    const at = names.findIndex((each) => {
      const wanted = each.slice(0, length);
      return state.rest.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase();
    });
    if (at >= 0) state.rest = state.rest.slice(names[at]?.slice(0, length).length);
    return at;
  };
  switch (element) {
    case '06': {
      const year = take(/^(?:[0-9]{2}|[-+][0-9])/);
      if (year === undefined) return 'bad';
      state.year = Number(year) + (Number(year) >= 69 ? 1900 : 2000);
      return undefined;
    }
    case '2006': {
      const year = take(/^[0-9]{4}/);
      if (year === undefined) return 'bad';
      state.year = Number(year);
      return undefined;
    }
    case 'Jan':
    case 'January':
      state.month = name(MONTHS, element === 'Jan' ? 3 : undefined) + 1;
      return state.month === 0 ? 'bad' : undefined;
    case '1':
    case '01': {
      const month = number(element === '01');
      if (month === undefined) return 'bad';
      state.month = month;
      return month < 1 || month > 12 ? 'month' : undefined;
    }
    case 'Mon':
    case 'Monday':
      return name(WEEKDAYS, element === 'Mon' ? 3 : undefined) < 0 ? 'bad' : undefined;
    case '2':
    case '_2':
    case '02': {
      if (element === '_2' && state.rest.startsWith(' ')) state.rest = state.rest.slice(1);
      const day = number(element === '02');
      if (day === undefined) return 'bad';
      state.day = day;
      return undefined;
    }
    case '__2':
    case '002': {
      if (element === '__2') take(/^ {1,2}/);
      const day = take(element === '002' ? /^[0-9]{3}/ : /^[0-9]{1,3}/);
      if (day === undefined) return 'bad';
      state.yearDay = Number(day);
      return undefined;
    }
    case '15':
    case '3':
    case '03': {
      const hour = number(element === '03');
      if (hour === undefined) return 'bad';
      state.hour = hour;
      return hour > (element === '15' ? 23 : 12) ? 'hour' : undefined;
    }
    case '4':
    case '04': {
      const minute = number(element === '04');
      if (minute === undefined) return 'bad';
      state.minute = minute;
      return minute > 59 ? 'minute' : undefined;
    }
    case '5':
    case '05': {
      const second = number(element === '05');
      if (second === undefined) return 'bad';
      state.second = second;
      if (second > 59) return 'second';
      // A fraction may follow although the layout has none.
      if (/^[.,][0-9]/.test(state.rest) && !/^[.,]/.test(next?.element ?? '')) {
        state.nanoseconds = nanoseconds(take(/^[.,][0-9]+/) ?? '');
      }
      return undefined;
    }
    case 'PM':
    case 'pm': {
      const half = take(element === 'PM' ? /^[AP]M/ : /^[ap]m/);
      if (half === undefined) return 'bad';
      state.afternoon = half.startsWith('P') || half.startsWith('p');
      return undefined;
    }
    case 'MST': {
      if (take(/^UTC/) !== undefined) {
        state.isUtc = true;
        return undefined;
      }
      const length = zoneNameLength(state.rest);
      if (length === 0) return 'bad';
      state.zoneName = state.rest.slice(0, length);
      state.rest = state.rest.slice(length);
      return undefined;
    }
    default:
      break;
  }
  if (/^[.,]9/.test(element)) {
    const digits = take(/^[.,][0-9]+/);
    if (digits !== undefined) state.nanoseconds = nanoseconds(digits);
    return undefined;
  }
  if (/^[.,]0/.test(element)) {
    const digits = take(new RegExp(`^[.,][0-9]{${element.length - 1}}`));
    if (digits === undefined) return 'bad';
    state.nanoseconds = nanoseconds(digits);
    return undefined;
  }
  if (element.startsWith('Z') && take(/^Z/) !== undefined) {
    state.isUtc = true;
    return undefined;
  }
  const pattern = element.slice(1).replace(/[0-9]{2}/g, '([0-9]{2})');
  const parts = new RegExp(`^([-+])${pattern}`).exec(state.rest);
  if (parts === null) return 'bad';
  state.rest = state.rest.slice(parts[0].length);
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(2).map(Number);
  if (hours > 24) return 'time zone offset hour';
  if (minutes > 60) return 'time zone offset minute';
  if (seconds > 60) return 'time zone offset second';
  state.offset = ((hours * 60 + minutes) * 60 + seconds) * (parts[1] === '-' ? -1 : 1);
  return undefined;
}

function nanoseconds(digits: string): number {
  return Number(digits.slice(1, 10).padEnd(9, '0'));
}

/** Three letters, four or five that end in T, `GMT+3`, `+03`. */
function zoneNameLength(value: string): number {
  const special = /^(?:ChST|MeST)/.exec(value);
  if (special !== null) return 4;
  if (value.startsWith('GMT')) return 3 + signedOffsetLength(value.slice(3));
  if (/^[-+]/.test(value)) return value.length < 3 ? 0 : signedOffsetLength(value);
  const letters = /^[A-Z]{0,6}/.exec(value)?.[0] ?? '';
  if (letters.length === 3) return 3;
  if (letters.length === 4) return letters.endsWith('T') || letters === 'WITA' ? 4 : 0;
  return letters.length === 5 && letters.endsWith('T') ? 5 : 0;
}

function signedOffsetLength(value: string): number {
  const offset = /^[-+]([0-9]+)/.exec(value);
  return offset === null || Number(offset[1]) > 23 ? 0 : offset[0].length;
}

function build(state: State, text: string, zone: Zone): TimeValue | string {
  const { year = 0, minute = 0, second = 0, afternoon } = state;
  let { hour = 0 } = state;
  if (afternoon === true && hour < 12) hour += 12;
  if (afternoon === false && hour === 12) hour = 0;
  const date = dateOf(state, text);
  if (typeof date === 'string') return date;
  const wall = secondsOf(year, date.month, date.day, hour, minute, second);
  const make = (seconds: number, in_: Zone): TimeValue => new TimeValue(seconds, state.nanoseconds ?? 0, in_, zone);
  if (state.isUtc === true) return make(wall, UTC);
  if (state.offset !== undefined) {
    const seconds = wall - state.offset;
    const own = zone.at(seconds);
    const isOwn = own.offset === state.offset && (state.zoneName === undefined || own.abbreviation === state.zoneName);
    return make(seconds, isOwn ? zone : fixedZone(state.zoneName ?? '', state.offset));
  }
  if (state.zoneName === undefined) return make(localSeconds(wall, zone), zone);
  // A name is known only where it is the one in force here; elsewhere Go makes up a zone without offset.
  const own = zone.at(localSeconds(wall, zone));
  if (own.abbreviation === state.zoneName) return make(wall - own.offset, zone);
  const hours = state.zoneName.startsWith('GMT') ? Number(state.zoneName.slice(3)) : 0;
  // Go forgets to take the offset off the time.
  return make(wall, fixedZone(state.zoneName, hours * 3600));
}

function dateOf(state: State, text: string): { readonly month: number; readonly day: number } | string {
  const { year = 0, yearDay } = state;
  if (yearDay === undefined) {
    const { month = 1, day = 1 } = state;
    return day < 1 || day > daysInMonth(year, month) ? outOfRange(text, 'day') : { month, day };
  }
  const isLeap = daysInMonth(year, 2) === 29;
  if (yearDay < 1 || yearDay > (isLeap ? 366 : 365)) return outOfRange(text, 'day-of-year');
  let month = 1;
  let day = yearDay;
  while (day > daysInMonth(year, month)) day -= daysInMonth(year, month++);
  if (state.month !== undefined && state.month !== month) {
    return `parsing time ${quoteTime(text)}: day-of-year does not match month`;
  }
  if (state.day !== undefined && state.day !== day) {
    return `parsing time ${quoteTime(text)}: day-of-year does not match day`;
  }
  return { month, day };
}
