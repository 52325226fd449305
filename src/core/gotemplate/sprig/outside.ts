/** Sprig's functions that look outside: random texts, environment, network. */
import { defineFunc, type FunctionTable, functionTable } from '../define-func.ts';
import { type CallContext, GoFuncError } from '../value.ts';
import { goInt, int, size, text } from './arguments.ts';
import { encodeBase64 } from './base-encoding.ts';
import { fromRunes, toRunes } from './byte-text.ts';
import { hostEnv, hostRandom, randomBelow } from './host.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join('');

export const outsideFunctions: FunctionTable = functionTable(
  ...Object.entries({
    randAlphaNum: DIGITS + LETTERS,
    randAlpha: LETTERS,
    randAscii: ASCII,
    randNumeric: DIGITS,
  }).map(([name, alphabet]) =>
    defineFunc(name, ['int'], false, ([count], context) => randomText(alphabet, size(count), context)),
  ),
  defineFunc('randInt', ['int', 'int'], false, ([min, max], context) => {
    const range = Number(int(max) - int(min));
    if (range <= 0) throw new GoFuncError('invalid argument to Intn');
    return goInt(int(min) + BigInt(range > 2 ** 32 ? wideRandom(context, range) : randomBelow(context, range)));
  }),
  defineFunc('randBytes', ['int'], false, ([count], context) => {
    if (size(count) < 0) throw new GoFuncError('runtime error: makeslice: len out of range');
    context.checkSize(size(count));
    return encodeBase64(hostRandom(context, size(count)));
  }),
  defineFunc('shuffle', ['string'], false, ([s], context) => {
    const runes = toRunes(text(s));
    context.step(runes.length);
    for (let i = runes.length - 1; i > 0; i--) {
      const other = randomBelow(context, i + 1);
      const swapped = runes[i] ?? 0;
      runes[i] = runes[other] ?? 0;
      runes[other] = swapped;
    }
    return fromRunes(runes);
  }),
  defineFunc('uuidv4', [], false, (_, context) => uuid(hostRandom(context, 16))),
  defineFunc('env', ['string'], false, ([name], context) => hostEnv(context, text(name))),
  defineFunc('expandenv', ['string'], false, ([s], context) => expand(text(s), (name) => hostEnv(context, name))),
  defineFunc('getHostByName', ['string'], false, ([name], context) => {
    const { lookupHost } = context.host;
    if (lookupHost === undefined) throw new GoFuncError('no network is given to this template');
    return lookupHost(text(name));
  }),
);

/** A negative length gives an empty text: Sprig ignores the error. */
function randomText(alphabet: string, length: number, context: CallContext): string {
  if (length <= 0) return '';
  context.checkSize(length);
  context.step(length);
  let out = '';
  for (let i = 0; i < length; i++) out += alphabet.charAt(randomBelow(context, alphabet.length));
  return out;
}

function wideRandom(context: CallContext, range: number): number {
  const high = randomBelow(context, 2 ** 21);
  return (high * 2 ** 32 + randomBelow(context, 2 ** 32)) % range;
}

function uuid(random: Uint8Array): string {
  const bytes = Uint8Array.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** os.Expand: `$name` and `${name}`; `${}` and an open brace vanish, a lone dollar sign stays. */
function expand(value: string, lookup: (name: string) => string): string {
  return value.replace(
    /\$(?:\{([*#$@!?\-0-9])\}|\{([^}]+)\}|(\{\}?)|([*#$@!?\-0-9])|([A-Za-z0-9_]+))/g,
    (_, special?: string, braced?: string, bad?: string, single?: string, name?: string) =>
      bad === undefined ? lookup(special ?? braced ?? single ?? name ?? '') : '',
  );
}
