/** `remora sidecar-injector`: the process of Istio 1.0 with its flags (injection.md 6.8), on the server of the webhook. */
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { parseRelease } from '../../core/release.ts';
import { modifiedAt } from '../../platform/files.ts';
import { runWebhook, type WebhookOptions } from '../webhook/index.ts';
import { type Arguments, flagIsOn, flagText, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { usageFailure } from './failure.ts';
import { duration, port } from './flag-values.ts';
import { problemsText } from './problem-text.ts';
import { VERSION } from './version.ts';

/** Serves until it is told to stop; with the word `probe`, looks at the health file of one that serves. */
export async function sidecarInjector(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const { operands } = args;
  if (operands.length === 1 && operands[0] === 'probe') return probe(args, surroundings);
  if (operands.length > 0) {
    const strange = usage(`sidecar-injector takes no argument "${operands.join(' ')}"`, 'Leave it out, or give probe.');
    return usageFailure([strange], 'sidecar-injector', args, surroundings);
  }
  const options = readOptions(args, surroundings.env);
  if (!options.ok) return usageFailure(options.problems, 'sidecar-injector', args, surroundings);
  const ended = await runWebhook(options.value, VERSION);
  if (ended.ok) return { exitCode: ended.value === 0 ? 0 : 1 };
  return { exitCode: 1, error: problemsText(ended.problems, surroundings.paintError) };
}

function readOptions(args: Arguments, env: Surroundings['env']): Parsed<WebhookOptions> {
  const problems: Problem[] = [];
  const take = <T>(value: Parsed<T>, fallback: T): T => {
    problems.push(...value.problems);
    return value.ok ? value.value : fallback;
  };
  const file = (name: string, fallback: string): string => flagText(args, name) ?? fallback;
  const interval = take(duration(args, 'healthCheckInterval', 0), 0);
  const healthFile = flagText(args, 'healthCheckFile') ?? '';
  const options: WebhookOptions = {
    address: undefined,
    port: take(port(args, 'port', 443), 0),
    httpPort: undefined,
    workers: 1,
    gracePeriod: 20_000,
    drainDelay: 5_000,
    config: {
      kind: 'files',
      config: file('injectConfig', '/etc/istio/inject/config'),
      values: undefined,
      mesh: file('meshConfig', '/etc/istio/config/mesh'),
      meshDefaults: undefined,
      proxyConfigs: [],
      nodes: [],
      namespaces: [],
    },
    certificate: {
      kind: 'files',
      certificate: file('tlsCertFile', '/etc/istio/certs/cert-chain.pem'),
      key: file('tlsKeyFile', '/etc/istio/certs/key.pem'),
      caBundle: file('caCertFile', '/etc/istio/certs/root-cert.pem'),
    },
    clientAuthority: undefined,
    injection: {
      release: take(parseRelease(flagText(args, 'compat') ?? '1.0'), { minor: 0, patch: 0 }),
      revision: '',
      nativeSidecars: 'false',
      platform: '',
      compliancePolicy: '',
    },
    cluster: {
      kubeconfig: flagText(args, 'kubeconfig'),
      context: undefined,
      namespace: env.POD_NAMESPACE ?? 'istio-system',
      identity: env.POD_NAME ?? env.HOSTNAME ?? `remora-${process.pid}`,
    },
    patchCaBundle: !flagIsOn(args, 'offline'),
    caBundleTarget: {
      configuration: flagText(args, 'webhookConfigName') ?? 'istio-sidecar-injector',
      entry: flagText(args, 'webhookName') ?? 'sidecar-injector.istio.io',
    },
    injectPath: 'exact',
    // Its service account may not write them.
    events: false,
    log: { format: 'json', level: 'info' },
    heartbeat: interval === 0 || healthFile === '' ? undefined : { file: healthFile, interval },
  };
  return problems.some(({ severity }) => severity === 'error') ? failed(...problems) : parsed(options);
}

/** File systems and schedulers take their time; as 1.0 has it, in milliseconds. */
const SLACK = 10;

function probe(args: Arguments, surroundings: Surroundings): CommandResult {
  const path = flagText(args, 'probe-path') ?? '';
  const interval = duration(args, 'interval', 0);
  const problems = [
    ...(path === '' ? [usage('--probe-path is missing', 'Name the file of --healthCheckFile.')] : []),
    ...interval.problems,
  ];
  if (!interval.ok || problems.length > 0) return usageFailure(problems, 'sidecar-injector', args, surroundings);
  const written = modifiedAt(path);
  if (written === undefined) return unhealthy(path, 'no such file');
  const age = Date.now() - written;
  if (age <= interval.value + SLACK) return { exitCode: 0, output: 'OK' };
  return unhealthy(path, `written ${Math.round(age)} ms ago, and ${interval.value} ms are allowed`);
}

function unhealthy(path: string, why: string): CommandResult {
  return { exitCode: 1, error: `fail on inspecting path ${path}: ${why}\n` };
}
