import { describe, expect, it } from 'vitest';
import { formatValue, sprint, sprintln } from './print.ts';
import { formatPrintf } from './printf.ts';
import { GoComplex, GoInt, GoList, GoMap, type GoObject, type GoValue, NO_FIELD } from './value.ts';

const int = (value: number): GoInt => new GoInt('int', BigInt(value));

/** A protobuf enum: an integer with a name. */
const tproxy: GoObject = {
  kind: 'enum',
  type: 'v1alpha1.Mode',
  nil: false,
  field: () => NO_FIELD,
  method: () => undefined,
  basic: () => new GoInt('int32', 1n),
  print: () => 'TPROXY',
  toJson: () => 'TPROXY',
};

describe('formatPrintf', () => {
  it.each<[string, GoValue[], string]>([
    [
      '%d|%5d|%-5d|%05d|%+d|% d',
      [int(42), int(42), int(42), int(-42), int(42), int(42)],
      '42|   42|42   |-0042|+42| 42',
    ],
    [
      '%x %X %#x %o %#o %O %b %#b',
      [int(255), int(255), int(255), int(8), int(8), int(8), int(5), int(5)],
      'ff FF 0xff 10 010 0o10 101 0b101',
    ],
    ['%c %q %U %#U', [int(0x65e5), int(97), int(0x1f600), int(0x65e5)], "日 'a' U+1F600 U+65E5 '日'"],
    ['%.3d|%8.5d|%.0d|', [int(7), int(-42), int(0)], '007|  -00042||'],
    [
      '%s|%10s|%-6s|%.2s|%q|%x|% X',
      ['é', 'é', 'ab', '日本語', 'a"b', 'é', 'hi'],
      'é|         é|ab    |日本|"a\\"b"|c3a9|68 69',
    ],
    ['%f|%.1f|%8.2f|%+e|%g|%G', [1, 2.25, 3.1254, 1e6, 1e21, 1e-7], '1.000000|2.2|    3.13|+1.000000e+06|1e+21|1E-07'],
    ['%#g|%#.3g|%#x|%06.1f|%-8.1f|', [1, 1, 1.5, -2.5, 2.5], '1.00000|1.00|0x1.8000p+00|-002.5|2.5     |'],
    ['%t|%v|%T', [true, null, int(1)], 'true|<nil>|int'],
    ['%!%z|%d', [int(1), int(2), 'x'], '%!!(int=1)%!z(int=2)|%!d(string=x)'],
    ['%d %d', [int(1)], '1 %!d(MISSING)'],
    ['%d', [int(1), 'x', null], '1%!(EXTRA string=x, <nil>)'],
    ['%[2]d %[1]d', [int(1), int(2)], '2 1'],
    ['%[3]d|%[x]d', [int(1)], '%!d(BADINDEX)|%!d(BADINDEX)'],
    ['%[3]*.[2]*[1]f|', [12, int(2), int(6)], ' 12.00|'],
    ['%*d|%.*f', ['a', int(1), int(-1), 3.5], '%!(BADWIDTH)1|%!(BADPREC)3.500000'],
    ['100%', [], '100%!(NOVERB)'],
    ['%v|%d|%s|%5s', [tproxy, tproxy, tproxy, tproxy], 'TPROXY|1|TPROXY|TPROXY'],
  ])('%s', (format, args, text) => expect(formatPrintf(format, args)).toBe(text));

  it('goes into lists and maps with the verb', () => {
    const list = new GoList([1, 'a', null, int(2)]);
    const map = new GoMap(
      new Map<string, GoValue>([
        ['b', 1],
        ['a', list],
      ]),
    );
    expect(formatPrintf('%v', [map])).toBe('map[a:[1 a <nil> 2] b:1]');
    expect(formatPrintf('%s', [list])).toBe('[%!s(float64=1) a <nil> %!s(int=2)]');
    expect(formatPrintf('%#v', [list])).toBe('[]interface {}{1, "a", interface {}(nil), 2}');
    expect(formatPrintf('%3v', [new GoList([int(1), int(22)], '[]int')])).toBe('[  1  22]');
    expect(formatPrintf('%x', [new GoList([new GoInt('uint8', 255n)], '[]uint8')])).toBe('ff');
  });

  it('prints complex numbers', () => {
    expect(formatPrintf('%v %.1f', [new GoComplex(1, -2), new GoComplex(0, 1)])).toBe('(1-2i) (0.0+1.0i)');
  });
});

describe('print', () => {
  it('puts a space between operands of which neither is a string', () => {
    expect(sprint(['a', int(1), int(2), 'b', null, true])).toBe('a1 2b<nil> true');
    expect(sprintln(['a', int(1)])).toBe('a 1\n');
  });

  it('prints map keys in byte order', () => {
    const map = new GoMap(
      new Map<string, GoValue>([
        ['\uff61', 1],
        ['😀', 2],
        ['__proto__', 3],
      ]),
    );
    expect(formatValue(map)).toBe('map[__proto__:3 \uff61:1 😀:2]');
  });
});
