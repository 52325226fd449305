import { describe, expect, it } from 'vitest';
import { splitDocuments } from './documents.ts';

function texts(stream: string, separators: 'strict' | 'loose'): readonly string[] {
  const split = splitDocuments(stream, { separators });
  if (!split.ok) throw new Error(split.problems[0]?.message);
  return split.value.map((document) => document.text);
}

describe('the documents of a stream (injection.md 5.1)', () => {
  it.each([
    ['one without separator', 'a: 1\n', ['a: 1\n']],
    ['a separator', 'a: 1\n---\nb: 2\n', ['a: 1\n', 'b: 2\n']],
    ['blanks behind it', 'a: 1\n---  \t\nb: 2\n', ['a: 1\n', 'b: 2\n']],
    ['a leading one stays with what follows', '---\na: 1\n', ['---\na: 1\n']],
    ['so does the second of two', 'a: 1\n---\n---\nb: 2\n', ['a: 1\n', '---\nb: 2\n']],
    ['CRLF reads as LF', 'a: 1\r\n---\r\nb: 2\r\n', ['a: 1\n', 'b: 2\n']],
    ['the last line gets its end', 'a: 1\n---\nb: 2', ['a: 1\n', 'b: 2\n']],
    ['a carriage return alone at the end is text', 'a: 1\r', ['a: 1\r\n']],
    ['an indented one is text', 'a: |\n  x\n ---\n', ['a: |\n  x\n ---\n']],
    ['a trailing one ends the last', 'a: 1\n---\n', ['a: 1\n']],
    ['nothing', '', []],
    ['only comments', '# c\n', ['# c\n']],
    ['an empty line is a document', '\n', ['\n']],
  ])('%s', (_name, stream, expected) => {
    expect(texts(stream, 'strict')).toEqual(expected);
    expect(texts(stream, 'loose')).toEqual(expected);
  });

  it('takes a comment on the separator only where it is strict', () => {
    expect(texts('a: 1\n--- # two\nb: 2\n', 'strict')).toEqual(['a: 1\n', 'b: 2\n']);
    expect(texts('a: 1\n--- # two\nb: 2\n', 'loose')).toEqual(['a: 1\n--- # two\nb: 2\n']);
  });

  it('refuses other text on it where it is strict, with the line', () => {
    expect(splitDocuments('a: 1\n--- foo\nb: 2\n', { separators: 'strict', file: 'x.yaml' })).toMatchObject({
      ok: false,
      problems: [
        {
          code: 'YAML_SYNTAX',
          message: 'invalid Yaml document separator: foo',
          where: { file: 'x.yaml', line: 2, column: 4 },
        },
      ],
    });
    expect(texts('a: 1\n--- foo\nb: 2\n', 'loose')).toEqual(['a: 1\n--- foo\nb: 2\n']);
    expect(splitDocuments('a: 1\n----\n', { separators: 'strict' }).ok).toBe(false);
  });

  it('says on which line each starts', () => {
    const split = splitDocuments('a: 1\n---\n\n# b\nb: 2\n---\n---\nc: 3\n', { separators: 'strict' });
    expect(split.ok && split.value.map((document) => document.line)).toEqual([1, 3, 7]);
  });
});
