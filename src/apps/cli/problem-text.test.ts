import { expect, it } from 'vitest';
import { plain } from '../../platform/terminal.ts';
import { placeText, problemsText } from './problem-text.ts';

const problem = { code: 'YAML_SYNTAX', severity: 'error', message: 'wrong\n\n' } as const;

// A character beyond UTF-16 is two columns wide, as terminals show most of them.
it('a problem with everything, and one with nothing', () => {
  const where = { file: 'a.yaml', line: 2, column: 5, pointer: '/spec' };
  const sources = new Map([['a.yaml', 'one\n\té\u{1f600}x\r\nthree']]);
  expect(problemsText([{ ...problem, where, remedy: 'Do it.' }, problem], plain, sources)).toBe(
    'error YAML_SYNTAX: wrong\n  at a.yaml:2:5, /spec\n  2 | \té\u{1f600}x\n    | \t    ^\n  fix: Do it.\nerror YAML_SYNTAX: wrong\n',
  );
});

it('a long line is cut around the column', () => {
  const line = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`;
  const said = problemsText(
    [{ ...problem, where: { file: 'a', line: 1, column: 501 } }],
    plain,
    new Map([['a', line]]),
  );
  const [, , shown = '', caret = ''] = said.split('\n');
  expect(shown.length).toBeLessThan(120);
  expect(shown).toMatch(/^ *\d+ \| ….*…$/);
  expect(shown.slice(caret.indexOf('^'), caret.indexOf('^') + 4)).toBe('HERE');
});

it.each([
  [{ file: '-', line: 1 }, 'standard input:1'],
  [{ file: 'a', column: 3 }, 'a'],
  [{ pointer: '' }, ''],
  [{ pointer: '/x' }, '/x'],
  [undefined, ''],
])('%j is %s', (where, text) => expect(placeText(where)).toBe(text));

it('a place beyond the text has no excerpt', () => {
  const said = problemsText([{ ...problem, where: { file: 'a', line: 9, column: 1 } }], plain, new Map([['a', 'x']]));
  expect(said).toBe('error YAML_SYNTAX: wrong\n  at a:9:1\n');
});
