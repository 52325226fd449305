import { expect, it } from 'vitest';
import { parseRelease } from '../release.ts';
import { readTyped } from './workloads.ts';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: app}]}
`;

it('creation-timestamp-null: written up to 1.27, in the object and in its template', () => {
  const typed = (text: string): unknown => {
    const release = parseRelease(text);
    if (!release.ok) throw new Error(text);
    const object = readTyped(DEPLOYMENT, release.value);
    return object.ok ? object.value : object.problems;
  };
  expect(typed('1.27')).toMatchObject({
    metadata: { creationTimestamp: null, name: 'a' },
    spec: { template: { metadata: { creationTimestamp: null } } },
  });
  expect(JSON.stringify(typed('1.28.0'))).not.toContain('creationTimestamp');
});
