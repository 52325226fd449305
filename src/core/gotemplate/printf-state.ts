/** The flags of one printf verb, and padding by them. Only the printf files use this. */
import { runeCount } from './unicode.ts';

/** One verb's flags. `wid` and `prec` are -1 where absent; `*V` are `+` and `#` before `v`. */
export type Flags = {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  plusV: boolean;
  sharpV: boolean;
  wid: number;
  prec: number;
  /** Inside `%!verb(…)`: methods are not asked again. */
  erroring: boolean;
};

export function noFlags(): Flags {
  return {
    plus: false,
    minus: false,
    sharp: false,
    space: false,
    zero: false,
    plusV: false,
    sharpV: false,
    wid: -1,
    prec: -1,
    erroring: false,
  };
}

/** The text widened to the flags' width, counted in characters. Zeros pad on the left only. */
export function pad(text: string, flags: Flags, zero = flags.zero): string {
  if (flags.wid <= 0) return text;
  const missing = flags.wid - runeCount(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}
