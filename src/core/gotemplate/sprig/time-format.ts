/** time.Time.Format. */
import { layoutSteps } from './time-layout.ts';
import { civil, type TimeValue } from './time-value.ts';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

export function formatTime(time: TimeValue, layout: string): string {
  const zone = time.zone.at(time.seconds);
  const at = civil(time);
  const hour12 = at.hour % 12 || 12;
  let out = '';
  for (const { literal, element } of layoutSteps(layout)) out += literal + show(element);
  return out;

  function show(element: string): string {
    switch (element) {
      case '':
        return '';
      case '2006':
        return digits(at.year, 4);
      case '06':
        return digits(Math.abs(at.year) % 100, 2);
      case 'January':
        return MONTHS[at.month - 1] ?? '';
      case 'Jan':
        return (MONTHS[at.month - 1] ?? '').slice(0, 3);
      case '1':
      case '01':
        return digits(at.month, element.length);
      case 'Monday':
        return WEEKDAYS[at.weekday] ?? '';
      case 'Mon':
        return (WEEKDAYS[at.weekday] ?? '').slice(0, 3);
      case '2':
      case '02':
        return digits(at.day, element.length);
      case '_2':
        return String(at.day).padStart(2);
      case '__2':
        return String(at.yearDay).padStart(3);
      case '002':
        return digits(at.yearDay, 3);
      case '15':
        return digits(at.hour, 2);
      case '3':
      case '03':
        return digits(hour12, element.length);
      case '4':
      case '04':
        return digits(at.minute, element.length);
      case '5':
      case '05':
        return digits(at.second, element.length);
      case 'PM':
        return at.hour >= 12 ? 'PM' : 'AM';
      case 'pm':
        return at.hour >= 12 ? 'pm' : 'am';
      case 'MST':
        return zone.abbreviation || offsetText(zone.offset, '-0700');
      default:
        return /^[.,]/.test(element) ? fraction(time.nanoseconds, element) : offsetText(zone.offset, element);
    }
  }
}

function digits(value: number, width: number): string {
  return (value < 0 ? '-' : '') + String(Math.abs(value)).padStart(width, '0');
}

/** `-07:00` and its like; with `Z` for the minus, no offset is written `Z`. */
function offsetText(offset: number, element: string): string {
  if (element.startsWith('Z') && offset === 0) return 'Z';
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const colon = element.includes(':') ? ':' : '';
  // An offset of less than a minute west has no sign of its own.
  let out = (offset <= -60 ? '-' : '+') + digits(Math.trunc(minutes / 60), 2);
  if (element.length > 3) out += colon + digits(minutes % 60, 2);
  if (element.length > 6) out += colon + digits(Math.abs(offset) % 60, 2);
  return out;
}

/** `.000` has that many digits, `.999` drops zeros at the end. */
function fraction(nanoseconds: number, element: string): string {
  const separator = element.charAt(0);
  const shown = digits(nanoseconds, 9).slice(0, element.length - 1);
  if (element.charAt(1) === '0') return separator + shown;
  const trimmed = shown.replace(/0+$/, '');
  return trimmed === '' ? '' : separator + trimmed;
}
