import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namespacesNamed, removeNamespace } from '../../platform/pod-network.ts';
import { startOf } from '../../platform/processes.ts';

/** With this begin namespaces and folders of a demo; its process' number and start follow. */
export const PREFIX = 'remora-demo-';

/** Takes away what a demo that was killed has left behind; one that runs is not touched. Gives what there was. */
export function removeLeftovers(): readonly string[] {
  const abandoned = (name: string): boolean => {
    const [, pid = '', start = ''] = /^remora-demo-(\d+)-(\d+)(?:-|$)/.exec(name) ?? [];
    return pid !== '' && startOf(Number(pid)) !== start;
  };
  const namespaces = namespacesNamed(PREFIX).filter(abandoned);
  for (const name of namespaces) removeNamespace(name);
  // Anybody may make a folder of such a name there; only our own is ours to remove.
  const folders = readdirSync(tmpdir()).filter((name) => abandoned(name) && isOurs(join(tmpdir(), name)));
  for (const name of folders) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  return [...namespaces, ...folders];
}

function isOurs(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.geteuid?.();
}
