import {
  type CaptureRules,
  iptablesCommands,
  iptablesLines,
  planScript,
  readScriptCall,
  SCRIPT_CLEANUP,
  uidInPasswd,
} from '../../core/capture/index.ts';
import { readIfThere } from '../../platform/machine.ts';
import { commandRunner, type RunCommand } from '../../platform/run-command.ts';
import type { Voice } from './istio-iptables.ts';
import { addRoutes } from './routes.ts';

/** Files of a virtual machine's set-up that the script reads first. */
const SOURCED = [
  ['ISTIO_CLUSTER_CONFIG', '/var/lib/istio/envoy/cluster.env'],
  ['ISTIO_SIDECAR_CONFIG', '/var/lib/istio/envoy/sidecar.env'],
] as const;

/**
 * `istio-iptables.sh` of Istio 1.0.2, for the container that a 1.0 template injects (capture.md 19): one command at a
 * time, plain iptables, and the rules printed at the end whatever happened. 0, or 1 for a wrong option or the first
 * command that fails.
 */
export function istioIptablesScript(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  voice: Voice,
  run: RunCommand = commandRunner(),
): number {
  const sourced = sourcedVariables(env);
  const read = (name: string): string | undefined => sourced.get(name) ?? env[name];
  const call = readScriptCall(args, read, (user) => uidInPasswd(readIfThere('/etc/passwd') ?? '', user));
  if (!call.ok) {
    voice.err(`${call.problems.map((problem) => problem.message).join('\n')}\n${USAGE}`);
    return 1;
  }
  if (call.value.kind === 'help') {
    voice.out(USAGE);
    return 0;
  }
  for (const command of SCRIPT_CLEANUP) run(['iptables', ...command]);
  const problem = call.value.kind === 'clean' ? undefined : apply(planScript(call.value.settings), run);
  voice.out(run(['iptables-save']).stdout);
  if (problem === undefined) return 0;
  voice.err(`${problem}\n`);
  return 1;
}

/** The first command that fails ends it; what the script tolerated is tolerated. */
function apply(rules: CaptureRules, run: RunCommand): string | undefined {
  for (const command of iptablesCommands(iptablesLines(rules, 4))) {
    const outcome = run(['iptables', ...command]);
    const optional = command.includes('socket');
    if (outcome.status !== 0 && !optional) return `iptables ${command.join(' ')}: ${outcome.stderr.trim()}`;
  }
  const [problem] = addRoutes(rules.routes, run);
  if (problem !== undefined) return problem.message;
  if (!rules.families.includes(6)) return undefined;
  run(['ip6tables', '-F', 'INPUT']);
  for (const command of iptablesCommands(iptablesLines(rules, 6))) run(['ip6tables', ...command.slice(2)]);
  return undefined;
}

function sourcedVariables(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, fallback] of SOURCED) {
    for (const line of (readIfThere(env[name] ?? fallback) ?? '').split('\n')) {
      const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"]*)"|'([^']*)'|(\S*))/.exec(line);
      if (match?.[1] !== undefined) variables.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
    }
  }
  return variables;
}

const USAGE = `istio-iptables.sh -p PORT -u UID -g GID [-m mode] [-b ports] [-d ports] [-i CIDR] [-x CIDR] [-h]

  -p  port of the proxy, for both directions (default 15001)
  -u  users whose traffic is not captured, comma separated
  -g  groups whose traffic is not captured, comma separated
  -m  REDIRECT or TPROXY
  -b  inbound ports to capture, comma separated; * is all
  -d  inbound ports not to capture, with -b *
  -i  destinations to capture, comma separated CIDRs; * is all
  -x  destinations to leave alone, comma separated CIDRs
  first word clean: remove the rules
`;
