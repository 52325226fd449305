import { expect, test } from 'vitest';
import type { JsonObject } from '../../json.ts';
import { legacyOwner } from './owner.ts';

function owned(kind: string, name: string, labels: JsonObject = {}): JsonObject {
  return {
    metadata: {
      name: 'p',
      generateName: 'g-',
      labels,
      ownerReferences: [{ apiVersion: 'a/v1', kind, name, controller: true }],
    },
  };
}

test.each([
  [6, owned('ReplicaSet', 'r'), 'Deployment r'],
  [8, owned('ReplicaSet', 'r'), 'ReplicaSet r'],
  [8, owned('ReplicaSet', 'r-h', { 'pod-template-hash': 'h' }), 'Deployment r'],
  [8, owned('ReplicaSet', 'other', { 'pod-template-hash': 'h' }), 'ReplicaSet other'],
  [6, owned('Job', 'j-1234567890'), 'Job j-1234567890'],
  [7, owned('Job', 'j-1234567890'), 'CronJob j'],
  [7, owned('Job', 'j-12345678'), 'Job j-12345678'],
  [3, owned('StatefulSet', 's'), 'StatefulSet s'],
  [3, { metadata: { name: 'p' } }, 'Pod p'],
  [2, owned('StatefulSet', 's'), 'Pod p'],
])('1.%i: %j is %s (owner-hash-required, owner-cron-job)', (minor, pod, want) => {
  const owner = legacyOwner(pod, 'n', { minor, patch: 0 });
  expect(`${owner.kind} ${owner.name}`).toBe(want);
  expect(owner.namespace).toBe('n');
});

test('a CronJob is of batch/v1beta1, which is what there was', () => {
  expect(legacyOwner(owned('Job', 'j-1234567890'), 'n', { minor: 8, patch: 0 }).apiVersion).toBe('batch/v1beta1');
});
