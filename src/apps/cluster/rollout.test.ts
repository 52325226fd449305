import { expect, it } from 'vitest';
import { rolloutOf } from './rollout.ts';

type Status = Readonly<Record<string, number>>;

it.each<[string, Status, string | undefined]>([
  ['just applied for the first time', {}, 'no controller has seen it yet'],
  [
    'just applied again: the status is that of the former generation',
    { observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3 },
    'no controller has seen it yet',
  ],
  ['seen, and no pod yet', { observedGeneration: 2 }, '0 of 3 updated, 0 available'],
  [
    'pods that do not answer',
    { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 1 },
    '3 of 3 updated, 1 available',
  ],
  [
    'the last old pod is not gone',
    { observedGeneration: 2, replicas: 4, updatedReplicas: 3, availableReplicas: 3 },
    '3 of 3 updated, 3 available, 1 old',
  ],
  ['all', { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3 }, undefined],
])('%s', (_name, status, lacks) => {
  const rollout = rolloutOf({ metadata: { generation: 2 }, spec: { replicas: 3 }, status });
  expect(rollout).toEqual(lacks === undefined ? { done: true } : { done: false, lacks });
});
