import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it.each([
  ['injct', 'inject'],
  ['Uninject', 'uninject'],
  ['uninejct', 'uninject'],
  ['dif', 'diff'],
  ['kubectl', undefined],
  ['x', undefined],
])('%s means %s', (word, meant) => expect(nearest(word, ['inject', 'uninject', 'diff', 'completion'])).toBe(meant));
