import { parseGoBool } from '../go-values.ts';
import type { Setting } from './iptables-flags.ts';

/** Whether a text is a value of the setting. */
export function isValid(setting: Setting, value: string): boolean {
  switch (setting.kind) {
    case 'text':
      return true;
    case 'switch':
      return parseGoBool(value) !== undefined;
    case 'port':
      return /^\d{1,5}$/.test(value) && Number(value) <= 65535;
    case 'duration':
      return toMilliseconds(value) !== undefined;
  }
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/**
 * Go's durations, such as `1m30s`, in milliseconds. core/mesh reads them as well, to the nanosecond; a pod waits for this
 * program, and that room takes milliseconds to load.
 */
export function toMilliseconds(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (UNITS.get(unit ?? '') ?? 0);
  }
  return total;
}
