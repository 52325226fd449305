import { statSync } from 'node:fs';

/**
 * What stands before a command so that it runs in another network namespace: a name of `ip netns`, the path of a
 * namespace file, or `pid:N`. Undefined where there is no such namespace.
 */
export function namespacePrefix(namespace: string): readonly string[] | undefined {
  const pid = /^pid:(\d+)$/.exec(namespace)?.[1];
  const path =
    pid !== undefined ? `/proc/${pid}/ns/net` : namespace.includes('/') ? namespace : `/run/netns/${namespace}`;
  try {
    statSync(path);
  } catch {
    return undefined;
  }
  return ['nsenter', `--net=${path}`, '--'];
}
