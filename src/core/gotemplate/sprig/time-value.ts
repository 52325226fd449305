/** time.Time as templates see it. */
import { GoFuncError, GoInt, type GoObject, type GoValue, NO_FIELD } from '../value.ts';
import { goInt, text } from './arguments.ts';
import { type Civil, civilOf, secondsOf } from './calendar.ts';
import { DurationValue, nanosecondsOf } from './duration.ts';
import { formatTime, MONTHS, WEEKDAYS } from './time-format.ts';
import { UTC, type Zone } from './time-zone.ts';

/** Seconds since 1970 of Go's zero time, the first of January of the year 1. */
const ZERO_SECONDS = -62_135_596_800;
const BILLION = 1_000_000_000n;

export class TimeValue implements GoObject {
  readonly kind = 'struct';
  readonly type = 'time.Time';
  readonly nil = false;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly zone: Zone;
  /** For `Local`. */
  readonly local: Zone;

  constructor(seconds: number, nanoseconds: number, zone: Zone, local: Zone) {
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
    this.zone = zone;
    this.local = local;
  }

  field(_name: string): typeof NO_FIELD {
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    const method = METHODS.get(name);
    return method === undefined ? undefined : (args) => method(this, args);
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    return formatTime(this, '2006-01-02 15:04:05.999999999 -0700 MST');
  }

  toJson(): GoValue {
    const { year } = civil(this);
    if (year < 0 || year > 9999) {
      throw new GoFuncError(
        'json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]',
      );
    }
    return formatTime(this, '2006-01-02T15:04:05.999999999Z07:00');
  }
}

export function zeroTime(local: Zone): TimeValue {
  return new TimeValue(ZERO_SECONDS, 0, UTC, local);
}

/** The same time in another zone. */
export function inZone(time: TimeValue, zone: Zone): TimeValue {
  return new TimeValue(time.seconds, time.nanoseconds, zone, time.local);
}

export function addDuration(time: TimeValue, duration: bigint): TimeValue {
  const sum = BigInt(time.nanoseconds) + duration;
  const carried = sum >= 0n ? sum / BILLION : (sum - BILLION + 1n) / BILLION;
  return new TimeValue(time.seconds + Number(carried), Number(sum - carried * BILLION), time.zone, time.local);
}

/** In nanoseconds, held within what a Duration can hold. */
export function difference(a: TimeValue, b: TimeValue): bigint {
  const exact = BigInt(a.seconds - b.seconds) * BILLION + BigInt(a.nanoseconds - b.nanoseconds);
  const limit = 1n << 63n;
  if (exact >= limit) return limit - 1n;
  return exact < -limit ? -limit : exact;
}

/** time.Date in a zone: where the clocks go forward or back, Go's choice of offset. */
export function localSeconds(wall: number, zone: Zone): number {
  const guess = zone.at(wall).offset;
  return guess === 0 ? wall : wall - zone.at(wall - guess).offset;
}

export function civil(time: TimeValue): Civil {
  return civilOf(time.seconds + time.zone.at(time.seconds).offset);
}

export function fromMilliseconds(milliseconds: number, zone: Zone): TimeValue {
  const seconds = Math.floor(milliseconds / 1000);
  return new TimeValue(seconds, Math.round((milliseconds - seconds * 1000) * 1e6), zone, zone);
}

type Method = (time: TimeValue, args: readonly GoValue[]) => GoValue;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['String', (time) => time.print()],
  ['Format', (time, [layout]) => formatTime(time, text(layout))],
  ['Year', (time) => goInt(civil(time).year)],
  ['Month', (time) => new NamedInt('time.Month', civil(time).month, MONTHS[civil(time).month - 1] ?? '')],
  ['Day', (time) => goInt(civil(time).day)],
  ['Weekday', (time) => new NamedInt('time.Weekday', civil(time).weekday, WEEKDAYS[civil(time).weekday] ?? '')],
  ['YearDay', (time) => goInt(civil(time).yearDay)],
  ['Hour', (time) => goInt(civil(time).hour)],
  ['Minute', (time) => goInt(civil(time).minute)],
  ['Second', (time) => goInt(civil(time).second)],
  ['Nanosecond', (time) => goInt(time.nanoseconds)],
  ['Unix', (time) => unix(time, BILLION)],
  ['UnixMilli', (time) => unix(time, 1_000_000n)],
  ['UnixMicro', (time) => unix(time, 1_000n)],
  ['UnixNano', (time) => unix(time, 1n)],
  ['UTC', (time) => inZone(time, UTC)],
  ['Local', (time) => inZone(time, time.local)],
  ['IsZero', (time) => time.seconds === ZERO_SECONDS && time.nanoseconds === 0],
  ['Before', (time, [other]) => compare(time, timeOf(other)) < 0],
  ['After', (time, [other]) => compare(time, timeOf(other)) > 0],
  ['Equal', (time, [other]) => compare(time, timeOf(other)) === 0],
  ['Compare', (time, [other]) => goInt(Math.sign(compare(time, timeOf(other))))],
  ['Add', (time, [duration]) => addDuration(time, nanosecondsOf(duration))],
  ['Sub', (time, [other]) => new DurationValue(difference(time, timeOf(other)))],
  ['AddDate', (time, [years, months, days]) => addDate(time, count(years), count(months), count(days))],
  ['MarshalText', (time) => time.toJson()],
]);

export function timeOf(value: GoValue): TimeValue {
  if (value instanceof TimeValue) return value;
  throw new GoFuncError('wrong type for value; expected time.Time');
}

function unix(time: TimeValue, unit: bigint): GoInt {
  const all = BigInt(time.seconds) * BILLION + BigInt(time.nanoseconds);
  const whole = all >= 0n ? all / unit : (all - unit + 1n) / unit;
  return new GoInt('int64', BigInt.asIntN(64, whole));
}

function compare(a: TimeValue, b: TimeValue): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

function count(value: GoValue): number {
  if (value instanceof GoInt) return Number(value.value);
  throw new GoFuncError('wrong type for value; expected int');
}

function addDate(time: TimeValue, years: number, months: number, days: number): TimeValue {
  const { year, month, day, hour, minute, second } = civil(time);
  const wall = secondsOf(year + years, month + months, day + days, hour, minute, second);
  return new TimeValue(localSeconds(wall, time.zone), time.nanoseconds, time.zone, time.local);
}

/** An int with a name: time.Month and time.Weekday. */
class NamedInt implements GoObject {
  readonly kind = 'enum';
  readonly type: string;
  readonly nil = false;
  readonly value: number;
  readonly name: string;

  constructor(type: string, value: number, name: string) {
    this.type = type;
    this.value = value;
    this.name = name;
  }

  field(_name: string): typeof NO_FIELD {
    return NO_FIELD;
  }

  method(name: string): (() => GoValue) | undefined {
    return name === 'String' ? () => this.name : undefined;
  }

  basic(): GoInt {
    return goInt(this.value);
  }

  print(): string {
    return this.name;
  }

  toJson(): GoValue {
    return this.basic();
  }
}
