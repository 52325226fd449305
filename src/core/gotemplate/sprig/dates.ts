/** Sprig's date functions. A date is a time.Time or seconds since 1970; anything else is the present. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { type CallContext, GoFuncError, GoInt, type GoParameter, type GoValue } from '../value.ts';
import { text } from './arguments.ts';
import { parseInt64Clamped } from './cast.ts';
import { coarseDuration, formatDuration, parseDuration, roundDuration } from './duration.ts';
import { hostNow } from './host.ts';
import { formatTime } from './time-format.ts';
import { parseTime } from './time-parse.ts';
import { addDuration, difference, fromMilliseconds, inZone, TimeValue, timeOf, zeroTime } from './time-value.ts';
import { loadZone, localZone, UTC } from './time-zone.ts';

const TIME: GoParameter = 'go:time.Time';
const HTML = '2006-01-02';
const SECOND = 1_000_000_000n;

export const dateFunctions: FunctionTable = functionTable(
  defineFunc('now', [], false, (_, context) => now(context)),
  defineFunc('date', ['string', 'any'], false, ([layout, date], context) => show(text(layout), date, 'Local', context)),
  ...['dateInZone', 'date_in_zone'].map((name) =>
    defineFunc(name, ['string', 'any', 'string'], false, ([layout, date, zone], context) =>
      show(text(layout), date, text(zone), context),
    ),
  ),
  defineFunc('htmlDate', ['any'], false, ([date], context) => show(HTML, date, 'Local', context)),
  defineFunc('htmlDateInZone', ['any', 'string'], false, ([date, zone], context) =>
    show(HTML, date, text(zone), context),
  ),
  ...['dateModify', 'date_modify'].map((name) =>
    defineFunc(name, ['string', TIME], false, ([duration, date]) => {
      const parsed = parseDuration(text(duration));
      return typeof parsed === 'string' ? (date ?? null) : addDuration(timeOf(date), parsed);
    }),
  ),
  ...['mustDateModify', 'must_date_modify'].map((name) =>
    defineFunc(name, ['string', TIME], false, ([duration, date]) =>
      addDuration(timeOf(date), good(parseDuration(text(duration)))),
    ),
  ),
  defineFunc('toDate', ['string', 'string'], false, ([layout, s], context) => {
    const local = localZone(context);
    const parsed = parseTime(text(layout), text(s), local);
    return typeof parsed === 'string' ? zeroTime(local) : parsed;
  }),
  defineFunc('mustToDate', ['string', 'string'], false, ([layout, s], context) =>
    good(parseTime(text(layout), text(s), localZone(context))),
  ),
  defineFunc('unixEpoch', [TIME], false, ([date]) => String(timeOf(date).seconds)),
  defineFunc('ago', ['any'], false, ([date], context) => {
    // The one date function that knows no int32.
    const then = date instanceof GoInt && date.type === 'int32' ? now(context) : timeFrom(date, context);
    return formatDuration(roundDuration(difference(now(context), then), SECOND));
  }),
  defineFunc('duration', ['any'], false, ([seconds]) => {
    let count = 0n;
    if (typeof seconds === 'string') count = parseInt64Clamped(seconds);
    else if (seconds instanceof GoInt && seconds.type === 'int64') count = seconds.value;
    return formatDuration(BigInt.asIntN(64, count * SECOND));
  }),
  defineFunc('durationRound', ['any'], false, ([duration], context) => coarseDuration(durationOf(duration, context))),
);

function good<T>(parsed: T | string): T {
  if (typeof parsed === 'string') throw new GoFuncError(parsed);
  return parsed;
}

function now(context: CallContext): TimeValue {
  return fromMilliseconds(hostNow(context), localZone(context));
}

function timeFrom(date: GoValue, context: CallContext): TimeValue {
  if (date instanceof TimeValue) return date;
  if (date instanceof GoInt && (date.type === 'int' || date.type === 'int32' || date.type === 'int64')) {
    const local = localZone(context);
    return new TimeValue(Number(date.value), 0, local, local);
  }
  return now(context);
}

/** An unknown zone is UTC. */
function show(layout: string, date: GoValue, zone: string, context: CallContext): string {
  return formatTime(inZone(timeFrom(date, context), loadZone(zone, context) ?? UTC), layout);
}

function durationOf(value: GoValue, context: CallContext): bigint {
  if (value instanceof TimeValue) return difference(now(context), value);
  if (value instanceof GoInt && value.type === 'int64') return value.value;
  if (typeof value !== 'string') return 0n;
  const parsed = parseDuration(value);
  return typeof parsed === 'string' ? 0n : parsed;
}
