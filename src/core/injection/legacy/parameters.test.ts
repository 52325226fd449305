import { expect, test } from 'vitest';
import { validateLegacyParameters } from './parameters.ts';

const GOOD = { includeIPRanges: '*', excludeIPRanges: '', includeInboundPorts: '*', excludeInboundPorts: '' };

test.each([
  [{ includeIPRanges: 'bad' }, "includeIPRanges invalid: failed parsing cidr 'bad': invalid CIDR address: bad"],
  [{ excludeIPRanges: '*' }, "excludeIPRanges invalid: failed parsing cidr '*': invalid CIDR address: *"],
  [
    { includeInboundPorts: 'bad' },
    'includeInboundPorts invalid: failed parsing port \'bad\': strconv.ParseInt: parsing "bad": invalid syntax',
  ],
  [
    { excludeInboundPorts: '40000' },
    'excludeInboundPorts invalid: failed parsing port \'40000\': strconv.ParseInt: parsing "40000": value out of range',
  ],
])('%j is refused', (wrong, message) => {
  expect(validateLegacyParameters({ ...GOOD, ...wrong }).map((problem) => problem.message)).toEqual([message]);
});

test('all wrong ones are told, in the order of the flags, and good ones pass', () => {
  expect(validateLegacyParameters({ ...GOOD, excludeInboundPorts: 'x', includeIPRanges: 'x' })).toHaveLength(2);
  expect(validateLegacyParameters(GOOD)).toEqual([]);
});
