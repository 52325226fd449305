/** The Gregorian calendar, extended to all years. Times are in seconds since 1970 without any zone. */

const DAY = 86_400;

export type Civil = {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** From 1 on. */
  readonly yearDay: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

export function civilOf(seconds: number): Civil {
  const days = Math.floor(seconds / DAY);
  const rest = seconds - days * DAY;
  // Years that begin in March put the leap day last; 719468 days lie between 0000-03-01 and 1970-01-01.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return {
    year,
    month,
    day,
    weekday: modulo(days + 4, 7),
    yearDay: days - daysBefore(year, 1, 1) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
  };
}

/** Values out of their range carry over, as in time.Date. */
export function secondsOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  return daysBefore(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
}

export function daysInMonth(year: number, month: number): number {
  return daysBefore(year, month + 1, 1) - daysBefore(year, month, 1);
}

/** Days from 1970-01-01 to the date. */
function daysBefore(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1;
  const y = Math.floor((months - 2) / 12);
  const marchMonth = modulo(months - 2, 12);
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
