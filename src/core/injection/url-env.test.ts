import { expect, it } from 'vitest';
import { parseRelease, type Release } from '../release.ts';
import { parseInjectEnvs } from './url-env.ts';

function at(release: string): Release {
  const parsed = parseRelease(release);
  if (!parsed.ok) throw new Error(release);
  return parsed.value;
}

const envs = (path: string, release = 'latest'): Record<string, string> =>
  Object.fromEntries(parseInjectEnvs(path, at(release)));

it.each([
  ['/inject', {}],
  ['/inject/', {}],
  ['', {}],
  ['/inject/cluster/c1/net/n1/', { ISTIO_META_CLUSTER_ID: 'c1', ISTIO_META_NETWORK: 'n1' }],
  ['/inject/my_key/v', { MY_KEY: 'v' }],
  ['/inject/a/b/odd', { A: 'b' }],
  ['/inject//x/a/', {}],
  ['/inject/a/x--slash--y', { A: 'x/y' }],
  ['/inject/k--slash--k/v', { 'K--SLASH--K': 'v' }],
  ['/inject/:ENV:cluster=c/1:ENV:empty=:ENV:=no:ENV:neither', { ISTIO_META_CLUSTER_ID: 'c/1', EMPTY: '' }],
  ['/inject/:ENV:a=b=c', { A: 'b=c' }],
])('%s', (path, want) => {
  expect(envs(path)).toEqual(want);
});

it('url-parameters: 1.8 reads what stands behind /inject', () => {
  expect(envs('/inject/cluster/c', '1.7')).toEqual({});
  expect(envs('/inject/cluster/c', '1.8')).toEqual({ ISTIO_META_CLUSTER_ID: 'c' });
});

it('url-env-form: 1.10 knows :ENV:', () => {
  expect(envs('/inject/:ENV:a=b', '1.9')).toEqual({});
  expect(envs('/inject/:ENV:a=b', '1.10')).toEqual({ A: 'b' });
});

it('url-slash-escape: 1.15 turns --slash-- into a slash', () => {
  expect(envs('/inject/a/x--slash--y', '1.14')).toEqual({ A: 'x--slash--y' });
  expect(envs('/inject/a/x--slash--y', '1.15')).toEqual({ A: 'x/y' });
});
