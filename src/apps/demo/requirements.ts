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
  const iptables = IPTABLES.filter((tool) => findProgram(tool, env.PATH ?? '') !== undefined);
  if (iptables.length === 0) missing.push('iptables');
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const name = `remora-probe-${process.pid}`;
  const run = commandRunner();
  const made = run(['ip', 'netns', 'add', name]);
  if (made.status !== 0) return `this machine makes no network namespace: ${lastLine(made.stderr)}`;
  try {
    const inside = commandRunner(['ip', 'netns', 'exec', name]);
    const entered = inside(['setpriv', '--inh-caps=-all', '--bounding-set=-all', '--pdeathsig=TERM', '--', 'true']);
    if (entered.status !== 0) return `no program can be run in a network namespace: ${lastLine(entered.stderr)}`;
    const bridge = run(['ip', '-n', name, 'link', 'add', 'bridge0', 'type', 'bridge']);
    if (bridge.status !== 0) return `this kernel has no bridge: ${lastLine(bridge.stderr)}`;
    const listed = iptables.map((tool) => inside([tool, '-t', 'nat', '-S']));
    if (listed.some(({ status }) => status === 0)) return undefined;
    return `this kernel translates no addresses: ${lastLine(listed[0]?.stderr ?? '')}`;
  } finally {
    run(['ip', 'netns', 'del', name]);
  }
}

const IPTABLES = ['iptables-nft', 'iptables-legacy', 'iptables'];

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
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
