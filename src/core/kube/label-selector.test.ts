import { describe, expect, it } from 'vitest';
import { isEmptySelector, matchSelector } from './label-selector.ts';

const LABELS = { app: 'web', tier: 'front' };

function expression(key: string, operator: string, values: readonly string[] = []) {
  return { matchExpressions: [{ key, operator, values }] };
}

describe('label selectors', () => {
  it.each([
    [{}, 'match'],
    [{ matchLabels: { app: 'web' } }, 'match'],
    [{ matchLabels: { app: 'web', tier: 'back' } }, 'no-match'],
    [{ matchLabels: { none: '' } }, 'no-match'],
    [expression('app', 'In', ['db', 'web']), 'match'],
    [expression('app', 'In', ['db']), 'no-match'],
    [expression('none', 'In', ['db']), 'no-match'],
    [expression('app', 'NotIn', ['db']), 'match'],
    [expression('app', 'NotIn', ['web']), 'no-match'],
    [expression('none', 'NotIn', ['web']), 'match'],
    [expression('app', 'Exists'), 'match'],
    [expression('none', 'Exists'), 'no-match'],
    [expression('app', 'DoesNotExist'), 'no-match'],
    [expression('none', 'DoesNotExist'), 'match'],
    [{ matchLabels: { app: 'web' }, ...expression('tier', 'In', ['back']) }, 'no-match'],
    [expression('toString', 'Exists'), 'no-match'],
    [expression('app', 'In'), 'invalid'],
    [expression('app', 'Exists', ['x']), 'invalid'],
    [expression('app', 'in', ['x']), 'invalid'],
  ])('%j: %s', (selector, kind) => {
    expect(matchSelector(selector, LABELS).kind).toBe(kind);
  });

  it('says which requirement decided', () => {
    expect(matchSelector(expression('tier', 'In', ['back']), LABELS)).toEqual({
      kind: 'no-match',
      because: 'tier In [back] does not hold: tier is "front"',
    });
    expect(matchSelector(expression('x', 'Exists'), LABELS)).toMatchObject({
      because: 'x Exists does not hold: there is no label x',
    });
    expect(matchSelector(expression('app', 'Nope'), LABELS)).toEqual({
      kind: 'invalid',
      reason: '"Nope" is not a valid label selector operator',
    });
  });

  it('knows an empty one', () => {
    expect(isEmptySelector({})).toBe(true);
    expect(isEmptySelector({ matchLabels: {}, matchExpressions: [] })).toBe(true);
    expect(isEmptySelector({ matchLabels: { a: 'b' } })).toBe(false);
    expect(isEmptySelector(expression('a', 'Exists'))).toBe(false);
  });
});
