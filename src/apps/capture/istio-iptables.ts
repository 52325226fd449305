import { writeFileSync } from 'node:fs';
import {
  forcedBinaryProblems,
  IPTABLES_FLAGS,
  type IptablesCall,
  ipv6FromAddresses,
  nameServersOf,
  readIptablesCall,
  uidInPasswd,
} from '../../core/capture/index.ts';
import { failed, type Problem, parsed } from '../../core/problem.ts';
import { probeLoopback } from '../../platform/loopback-probe.ts';
import { interfaceAddresses, readIfThere } from '../../platform/machine.ts';
import { commandRunner, type RunCommand } from '../../platform/run-command.ts';
import { dryRunText, planChecked, program } from './program.ts';

/** Where the program speaks: nothing of it is printed by itself. */
export type Voice = { readonly out: (text: string) => void; readonly err: (text: string) => void };

/** Upstream's status for "nothing is captured", which its repair controller looks for. */
const NOT_CAPTURED = 126;

/**
 * `istio-iptables`, drop-in for the container istio-init of any injected pod: flags, environment, exit codes (1 for any
 * error, 126 where the probe fails) and the order of work are upstream's (capture.md 2).
 */
export async function istioIptables(args: readonly string[], env: NodeJS.ProcessEnv, voice: Voice): Promise<number> {
  const call = readIptablesCall(args, machineFacts(env));
  if (!call.ok) return refuse(call.problems, voice);
  if (call.value.kind === 'help') {
    voice.out(helpText());
    return 0;
  }
  const { config, options } = call.value;
  const rules = planChecked(config);
  const problems = [...forcedBinaryProblems(options.forceIptablesBinary), ...rules.problems];
  if (!rules.ok || problems.length > 0) return refuse(problems, voice);
  if (options.dryRun) {
    const text = dryRunText(config, rules.value);
    if (options.dryRunFile !== '') writeFileSync(options.dryRunFile, text);
    voice.out(text);
    return 0;
  }
  const run = runnerFor(options.cniMode, options.networkNamespace);
  const log = (line: string): void => voice.err(`info ${line.trimEnd()}\n`);
  const failures = program(config, rules.value, options, run, log);
  if (failures.length > 0) return refuse(failures, voice);
  return options.runValidation ? validate(call.value, voice) : 0;
}

/** With a lock of the pod's own where the host's file system is used (capture.md 8.2). */
function runnerFor(cniMode: boolean, namespace: string): RunCommand {
  if (!cniMode || namespace === '') return commandRunner();
  return commandRunner([], { ...process.env, XTABLES_LOCKFILE: namespace });
}

function machineFacts(env: NodeJS.ProcessEnv): Parameters<typeof readIptablesCall>[1] {
  return {
    env: (name) => env[name],
    uidOf: (user) => uidInPasswd(readIfThere('/etc/passwd') ?? '', user),
    enableIpv6: (dualStack) => ipv6FromAddresses(interfaceAddresses(), dualStack),
    nameServers: () => {
      const text = readIfThere('/etc/resolv.conf');
      return text === undefined ? failed(noResolver()) : parsed(nameServersOf(text));
    },
  };
}

async function validate({ config, options }: Extract<IptablesCall, { kind: 'run' }>, voice: Voice): Promise<number> {
  const first = ipv6FromAddresses(interfaceAddresses(), false);
  const result = await probeLoopback({
    family: first.ok && first.value ? 6 : 4,
    ports: [Number(config.proxyPort), Number(config.inboundCapturePort)],
    probePort: options.probePort,
    timeoutMs: options.probeTimeoutMs,
  });
  if (result.kind === 'captured') {
    voice.err(`info validation passed: the call came in on port ${result.by}\n`);
    return 0;
  }
  const because =
    result.kind === 'no-port' ? result.because : `no call came in within ${options.probeTimeoutMs / 1000} s`;
  refuse([notActive(because)], voice);
  return result.kind === 'no-port' ? 1 : NOT_CAPTURED;
}

function notActive(because: string): Problem {
  return {
    code: 'CAPTURE_NOT_ACTIVE',
    severity: 'error',
    message: `this pod's traffic is not captured: ${because}`,
    remedy:
      "The pod was most likely scheduled before the node's CNI plugin was ready. Delete the pod so that it is made again, or let the repair controller of the node do it.",
  };
}

function refuse(problems: readonly Problem[], voice: Voice): number {
  for (const problem of problems) {
    voice.err(
      `error ${problem.code}: ${problem.message}\n${problem.remedy === undefined ? '' : `  fix: ${problem.remedy}\n`}`,
    );
  }
  return 1;
}

function noResolver(): Problem {
  return {
    code: 'FILE_UNREADABLE',
    severity: 'error',
    message: 'open /etc/resolv.conf: no such file or directory',
    where: { file: '/etc/resolv.conf' },
    remedy: 'Capture all DNS with --capture-all-dns, or give the container a resolv.conf.',
  };
}

function helpText(): string {
  const names = IPTABLES_FLAGS.map(({ flag, short, kind }) => {
    const value = kind === 'switch' ? '' : kind === 'text' ? ' TEXT' : kind === 'port' ? ' PORT' : ' DURATION';
    return `${short === undefined ? '    ' : `-${short}, `}--${flag}${value}`;
  });
  const width = Math.max(...names.map((name) => name.length)) + 2;
  return `${[
    'Usage  istio-iptables [flags]',
    '',
    "Programs the rules that bring a pod's traffic to its sidecar, as istio-init does.",
    '',
    'Flags',
    ...IPTABLES_FLAGS.map(({ help, fallback, env }, i) => {
      const also = env.length === 0 ? '' : ` [${env.join(', ')}]`;
      const otherwise = fallback === '' || fallback === 'false' ? '' : ` (default ${fallback})`;
      return `  ${(names[i] ?? '').padEnd(width)}${help}${otherwise}${also}`;
    }),
    '',
    'Example',
    "  istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -b '*' -d 15090,15021,15020",
  ].join('\n')}\n`;
}
