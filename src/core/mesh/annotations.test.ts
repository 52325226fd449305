import { expect, it } from 'vitest';
import { LATEST } from '../release.ts';
import { ANNOTATION_REGISTRY } from './annotations.ts';

it('has each name once per object and kind, and no release from the future', () => {
  const keys = ANNOTATION_REGISTRY.map(({ name, kind, on }) => `${on} ${kind} ${name}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { name, introduced, removed } of ANNOTATION_REGISTRY) {
    expect(introduced, name).toBeLessThanOrEqual(LATEST.minor);
    if (removed !== undefined) expect(removed, name).toBeGreaterThan(introduced);
  }
});
