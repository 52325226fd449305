import { expect, it } from 'vitest';
import type { Parsed } from '../problem.ts';
import { parseRelease, type Release } from '../release.ts';
import { splitStream } from './inject-manifest.ts';
import { readTyped } from './workloads.ts';

/** How kube-inject reads manifests, by release. */

function releaseOf(text: string): Release {
  const release = parseRelease(text);
  if (!release.ok) throw new Error(text);
  return release.value;
}

function got<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('; '));
  return result.value;
}

const typed = (text: string, release: string): unknown => got(readTyped(text, releaseOf(release)));

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: app}]}
`;

it('creation-timestamp-null: written up to 1.27, in the object and in its template', () => {
  expect(typed(DEPLOYMENT, '1.27')).toMatchObject({
    metadata: { creationTimestamp: null, name: 'a' },
    spec: { template: { metadata: { creationTimestamp: null } } },
  });
  expect(JSON.stringify(typed(DEPLOYMENT, '1.28.0'))).not.toContain('creationTimestamp');
});

it('workloads-apps-v1: only the selector of apps/v1 is written where there is none', () => {
  expect(typed(DEPLOYMENT, '1.4.0')).toMatchObject({ spec: { selector: null } });
  expect(typed(DEPLOYMENT, '1.3')).not.toHaveProperty('spec.selector');
});

it('strict-separators: text behind --- is refused from 1.9 on', () => {
  const documents = (release: string) =>
    splitStream({ name: 'm', text: 'kind: A\n--- text\nkind: B\n' }, releaseOf(release));
  expect(got(documents('1.8'))).toHaveLength(1);
  expect(documents('1.9.0').ok).toBe(false);
});
