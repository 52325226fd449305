import { LATEST, type Release } from '../release.ts';
import { behaves } from './releases.ts';

/**
 * Environment for the sidecar from the webhook's URL path (`/inject/cluster/c1/net/n1`, injection.md 6.3): a control
 * plane outside of the cluster tells the cluster's name that way.
 *
 * `path` is the decoded path. Keys are upper-cased; `cluster` and `net` have names of their own. Values may carry `/`
 * as `--slash--` (1.15 and later), or the deprecated form `:ENV:key=value:ENV:…` (1.10 and later) is used. Up to 1.7
 * there is nothing behind `/inject`.
 */
export function parseInjectEnvs(path: string, release: Release = LATEST): ReadonlyMap<string, string> {
  const envs = new Map<string, string>();
  if (!behaves(release, 'url-parameters')) return envs;
  for (const [key, value] of keyValues(path, release)) {
    if (key !== '') envs.set(PREDEFINED.get(key) ?? key.toUpperCase(), value);
  }
  return envs;
}

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['cluster', 'ISTIO_META_CLUSTER_ID'],
  ['net', 'ISTIO_META_NETWORK'],
]);

const ENV_SEPARATOR = ':ENV:';

function keyValues(path: string, release: Release): readonly (readonly [string, string])[] {
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  const parts = trimmed.split('/');
  // parts[0] is before the first slash, parts[1] the handler's name.
  if (parts.length < 3) return [];
  const rest = parts.slice(2).join('/');
  if (rest.startsWith(ENV_SEPARATOR) && behaves(release, 'url-env-form'))
    return rest.split(ENV_SEPARATOR).flatMap(assignment);
  const pairs: (readonly [string, string])[] = [];
  const tokens = parts.slice(2);
  // A last key without a value is ignored, as upstream does with a warning.
  for (let i = 0; i + 1 < tokens.length; i += 2) {
    const value = tokens[i + 1] ?? '';
    pairs.push([tokens[i] ?? '', behaves(release, 'url-slash-escape') ? value.replaceAll('--slash--', '/') : value]);
  }
  return pairs;
}

function assignment(text: string): readonly (readonly [string, string])[] {
  const equals = text.indexOf('=');
  return equals <= 0 ? [] : [[text.slice(0, equals), text.slice(equals + 1)]];
}
