import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { parseRelease } from '../../core/release.ts';
import { runWebhook, type WebhookOptions } from '../webhook/index.ts';
import { type Arguments, flagIsOn, flagText, flagTexts, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { usageFailure } from './failure.ts';
import { duration, port, whole } from './flag-values.ts';
import { problemsText } from './problem-text.ts';
import { VERSION } from './version.ts';

/** `remora webhook`: serves until it is told to stop. */
export async function webhook(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const options = readOptions(args, surroundings.env);
  if (!options.ok) return usageFailure(options.problems, 'webhook', args, surroundings);
  const ended = await runWebhook(options.value, VERSION);
  if (ended.ok) return { exitCode: ended.value === 0 ? 0 : 1 };
  return { exitCode: 1, error: problemsText(ended.problems, surroundings.paintError) };
}

type Env = Surroundings['env'];

/** All flags are looked at, and everything that is wrong with them is told. */
function readOptions(args: Arguments, env: Env): Parsed<WebhookOptions> {
  const problems: Problem[] = [];
  const take = <T>(value: Parsed<T>, fallback: T): T => {
    problems.push(...value.problems);
    return value.ok ? value.value : fallback;
  };
  const release = take(parseRelease(flagText(args, 'compat') ?? 'latest'), { minor: 0, patch: 0 });
  const revision = named(flagText(args, 'revision') ?? env.REVISION ?? '');
  const suffix = revision === '' ? '' : `-${revision}`;
  const offline = flagIsOn(args, 'offline');
  const certificate = take(certificateOrigin(args, suffix), NO_FILES);
  const hasCluster = !offline;
  const files = configOrigin(args);
  problems.push(...contradictions(args));
  if (offline && certificate.kind === 'self-signed') {
    problems.push(
      usage(
        'without a cluster there is nowhere to keep an authority of our own',
        'Give --tlsCertFile and --tlsKeyFile, or leave out --offline.',
      ),
    );
  }
  const caBundleKnown = certificate.kind === 'self-signed' || certificate.caBundle !== undefined;
  const httpPort = flagText(args, 'httpPort');
  const options: WebhookOptions = {
    address: flagText(args, 'address'),
    port: take(port(args, 'port', 15017), 0),
    httpPort: httpPort === 'off' ? undefined : take(port(args, 'httpPort', 8080), 0),
    workers: take(whole(args, 'workers', 1, 1, 64), 1),
    gracePeriod: take(duration(args, 'gracePeriod', 20_000), 0),
    drainDelay: take(duration(args, 'drainDelay', 5_000), 0),
    config: files ?? (offline ? { kind: 'builtin' } : clusterOrigin(args, suffix)),
    certificate,
    clientAuthority: clientAuthority(args),
    injection: {
      release,
      revision,
      nativeSidecars: nativeSidecars(flagText(args, 'nativeSidecars') ?? env.ENABLE_NATIVE_SIDECARS),
      platform: flagText(args, 'platform') ?? env.PLATFORM ?? '',
      compliancePolicy: flagText(args, 'compliancePolicy') ?? env.COMPLIANCE_POLICY ?? '',
    },
    cluster: {
      kubeconfig: flagText(args, 'kubeconfig'),
      context: flagText(args, 'context'),
      namespace: flagText(args, 'istioNamespace') ?? env.POD_NAMESPACE ?? 'remora-system',
      identity: env.POD_NAME ?? env.HOSTNAME ?? `remora-${process.pid}`,
    },
    patchCaBundle: hasCluster && caBundleKnown && (flagText(args, 'patchCaBundle') ?? 'true') === 'true',
    caBundleTarget: undefined,
    injectPath: 'below',
    heartbeat: undefined,
    // With files for everything, a cluster is asked for only by a flag of its own.
    events:
      flagText(args, 'events') === undefined
        ? hasCluster && (files === undefined || certificate.kind === 'self-signed')
        : hasCluster && flagIsOn(args, 'events'),
    log: {
      format: flagText(args, 'logFormat') === 'text' ? 'text' : 'json',
      level: flagText(args, 'logLevel') ?? 'info',
    },
  };
  return problems.some(({ severity }) => severity === 'error') ? failed(...problems) : parsed(options);
}

const NO_FILES = { kind: 'files', certificate: '', key: '', caBundle: undefined } as const;

/** `default` is the revision without a name. */
function named(revision: string): string {
  return revision === 'default' ? '' : revision;
}

function nativeSidecars(mode: string | undefined): 'true' | 'false' | 'auto' {
  return mode === 'true' || mode === 'false' ? mode : 'auto';
}

function contradictions(args: Arguments): readonly Problem[] {
  const given = (name: string): boolean => flagText(args, name) !== undefined;
  const problems: Problem[] = [];
  if (given('injectDir') && given('injectConfigFile')) {
    problems.push(
      usage('--injectDir and --injectConfigFile both say where the configuration is', 'Leave out one of them.'),
    );
  }
  if (given('clientName') && !given('clientCAFile')) {
    problems.push(usage('--clientName needs --clientCAFile', 'Give the authority that signs the clients.'));
  }
  const lonely = [
    'valuesFile',
    'meshConfigFile',
    'meshDefaultsFile',
    'proxyConfigFile',
    'nodesFile',
    'namespacesFile',
  ].filter((name) => given(name) && !given('injectConfigFile') && !given('injectDir'));
  for (const name of lonely) {
    problems.push(
      usage(`--${name} belongs to a configuration of files`, 'Give --injectConfigFile or --injectDir too.'),
    );
  }
  return problems;
}

function configOrigin(args: Arguments): WebhookOptions['config'] | undefined {
  const folder = flagText(args, 'injectDir');
  const config = folder === undefined ? flagText(args, 'injectConfigFile') : `${folder}/config`;
  if (config === undefined) return undefined;
  return {
    kind: 'files',
    config,
    values: flagText(args, 'valuesFile') ?? (folder === undefined ? undefined : `${folder}/values`),
    mesh: flagText(args, 'meshConfigFile'),
    meshDefaults: flagText(args, 'meshDefaultsFile'),
    proxyConfigs: flagTexts(args, 'proxyConfigFile'),
    nodes: flagTexts(args, 'nodesFile'),
    namespaces: flagTexts(args, 'namespacesFile'),
  };
}

function clusterOrigin(args: Arguments, suffix: string): WebhookOptions['config'] {
  return {
    kind: 'cluster',
    injectConfigMap: flagText(args, 'injectConfigMapName') ?? `istio-sidecar-injector${suffix}`,
    meshConfigMap: flagText(args, 'meshConfigMapName') ?? `istio${suffix}`,
  };
}

function certificateOrigin(args: Arguments, suffix: string): Parsed<WebhookOptions['certificate']> {
  const [certificate, key] = [flagText(args, 'tlsCertFile'), flagText(args, 'tlsKeyFile')];
  if (certificate !== undefined && key !== undefined) {
    return parsed({ kind: 'files', certificate, key, caBundle: flagText(args, 'caCertFile') });
  }
  if (certificate !== undefined || key !== undefined) {
    const missing = certificate === undefined ? '--tlsCertFile' : '--tlsKeyFile';
    return failed(usage(`${missing} is missing`, 'Give both, or neither for a self-signed certificate.'));
  }
  const pause = duration(args, 'rotationPause', 5 * 60_000);
  if (!pause.ok) return pause;
  return parsed({
    kind: 'self-signed',
    serviceName: flagText(args, 'serviceName') ?? `remora-webhook${suffix}`,
    secret: flagText(args, 'caSecret') ?? `remora-webhook-ca${suffix}`,
    lease: flagText(args, 'lease') ?? `remora-webhook${suffix}`,
    extraNames: flagTexts(args, 'certName'),
    rotationPause: pause.value,
  });
}

function clientAuthority(args: Arguments): WebhookOptions['clientAuthority'] {
  const file = flagText(args, 'clientCAFile');
  return file === undefined ? undefined : { file, names: flagTexts(args, 'clientName') };
}
