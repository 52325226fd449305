import type { EngineName } from '../../core/demo/index.ts';
import { findProgram } from '../../platform/find-program.ts';
import { isRoot } from '../../platform/machine.ts';
import { commandRunner } from '../../platform/run-command.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Why pods cannot be made on this machine; undefined: they can. */
export function whyNotLive(env: Variables): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are Linux, and this is not';
  if (!isRoot()) return 'network namespaces need root';
  const missing = ['ip', 'setpriv'].filter((name) => findProgram(name, env.PATH ?? '') === undefined);
  const iptables = ['iptables-save', 'iptables-nft-save', 'iptables-legacy-save'];
  if (iptables.every((name) => findProgram(name, env.PATH ?? '') === undefined)) missing.push('iptables');
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const name = `remora-probe-${process.pid}`;
  const run = commandRunner();
  const made = run(['ip', 'netns', 'add', name]);
  if (made.status !== 0) return `this machine makes no network namespace: ${made.stderr.trim()}`;
  const entered = run(['ip', 'netns', 'exec', name, 'true']);
  const bridge = run(['ip', '-n', name, 'link', 'add', 'bridge0', 'type', 'bridge']);
  run(['ip', 'netns', 'del', name]);
  if (entered.status !== 0) return `no program can be run in a network namespace: ${entered.stderr.trim()}`;
  return bridge.status === 0 ? undefined : `this kernel has no bridge: ${bridge.stderr.trim()}`;
}

export type Engine = { readonly name: EngineName; readonly description: string; readonly envoy?: string };

/** The engine that was asked for; else Envoy where there is one, else our own. A sentence: there is no such Envoy. */
export function chooseEngine(asked: EngineName | undefined, env: Variables): Engine | string {
  if (asked === 'embedded') return EMBEDDED;
  const named = env.REMORA_ENVOY;
  const envoy = findProgram(named ?? 'envoy', env.PATH ?? '');
  if (envoy === undefined) {
    if (named !== undefined) return `REMORA_ENVOY names ${named}, which is no file that can be run`;
    return asked === 'envoy' ? 'no envoy is on the PATH, and REMORA_ENVOY names none' : EMBEDDED;
  }
  const { stdout } = commandRunner()([envoy, '--version']);
  const version = /\/(\d+\.\d+\.\d+)[^/]*\//.exec(stdout)?.[1];
  return { name: 'envoy', description: `Envoy ${version ?? ''}`.trim(), envoy };
}

const EMBEDDED: Engine = { name: 'embedded', description: 'the embedded engine' };
