/** Values of flags that are more than texts. */
import { failed, type Parsed, parsed } from '../../core/problem.ts';
import { type Arguments, flagText, usage } from './arguments.ts';

export function port(args: Arguments, name: string, fallback: number): Parsed<number> {
  return whole(args, name, fallback, 0, 65_535);
}

export function whole(args: Arguments, name: string, fallback: number, least: number, most: number): Parsed<number> {
  const text = flagText(args, name);
  if (text === undefined) return parsed(fallback);
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return parsed(value);
  return failed(usage(`--${name} wants a number from ${least} to ${most}, and has "${text}"`));
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration as Go writes one, in milliseconds: `20s`, `500ms`, `1m30s`, `0`. */
export function duration(args: Arguments, name: string, fallback: number): Parsed<number> {
  const text = flagText(args, name);
  if (text === undefined) return parsed(fallback);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (text === '0') return parsed(0);
  if (parts.length > 0 && parts.map(([all]) => all).join('') === text) {
    return parsed(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0));
  }
  return failed(usage(`--${name} wants a time such as 20s, and has "${text}"`));
}
