import { expect, it } from 'vitest';
import { paintFor } from './terminal.ts';

it.each([
  [{}, true, true],
  [{}, false, false],
  [{ TERM: 'dumb' }, true, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
])('%j on a terminal: %s gives colours: %s', (env, terminal, coloured) => {
  const paint = paintFor('output', env, () => terminal);
  expect(paint('red', 'x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x');
  expect(paint('bold', '')).toBe('');
});
