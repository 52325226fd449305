import { type AgentSettings, envoyCandidates } from '../../core/agent/index.ts';
import { bootstrapOverride, envoyArguments } from '../../core/envoy/index.ts';
import { durationMilliseconds } from '../../core/mesh/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { findProgram } from '../../platform/find-program.ts';
import { readIfThere } from '../../platform/machine.ts';

export type ProxyCommand = { readonly file: string; readonly args: readonly string[] };

type Variables = Readonly<Record<string, string | undefined>>;

/** The command line of the proxy for its configuration file. `ownProgram` starts this program again. */
export function proxyCommand(
  settings: AgentSettings,
  configFile: string,
  environment: Variables,
  ownProgram: readonly string[],
): Parsed<ProxyCommand> {
  if (settings.engine === 'embedded') {
    const [file = '', ...words] = ownProgram;
    return parsed({ file, args: [...words, 'proxy', 'embedded', '-c', configFile] });
  }
  const binary = findEnvoy(settings, environment);
  if (!binary.ok) return binary;
  const override = readOverride(settings);
  const { config, env, flags } = settings;
  const args = envoyArguments({
    configFile,
    logLevel: flags.texts.proxyLogLevel ?? 'warning',
    componentLogLevel: flags.texts.proxyComponentLogLevel ?? '',
    addresses: settings.addresses,
    drainSeconds: Math.floor(durationMilliseconds(config.drainDuration, 45_000) / 1000),
    flushMilliseconds: durationMilliseconds(config.fileFlushInterval, 1000),
    flushMinSizeKb: typeof config.fileFlushMinSizeKb === 'number' ? config.fileFlushMinSizeKb : 0,
    skipDeprecatedLogs: env.skipDeprecatedLogs,
    coreDump: env.coreDump,
    override: override.ok ? override.value : undefined,
    concurrency: typeof config.concurrency === 'number' ? config.concurrency : 0,
  });
  return parsed({ file: binary.value, args }, override.problems);
}

function findEnvoy({ flags, config }: AgentSettings, environment: Variables): Parsed<string> {
  const binaryPath = typeof config.binaryPath === 'string' ? config.binaryPath : '';
  const candidates = envoyCandidates(flags.texts.proxyBinary, environment.REMORA_ENVOY, binaryPath);
  for (const { path, source, must } of candidates) {
    const found = findProgram(path, environment.PATH ?? '');
    if (found !== undefined) return parsed(found);
    if (must) return failed(noEnvoy(`${source} names ${path}, which is no file that can be run`));
  }
  const places = candidates.map(({ source, path }) => (source === 'PATH' ? 'the PATH' : `${path} (${source})`));
  return failed(noEnvoy(`no Envoy was found; looked at ${places.join(', ')}`));
}

function noEnvoy(message: string): Problem {
  return {
    code: 'PROXY_NOT_FOUND',
    severity: 'error',
    message,
    remedy:
      'Use an image that has Envoy, name it with --proxyBinary or REMORA_ENVOY, or run the embedded engine with --engine embedded (REMORA_ENGINE=embedded).',
  };
}

/** An override that cannot be read is told and left out, as upstream. */
function readOverride({ env }: AgentSettings): Parsed<string | undefined> {
  if (env.bootstrapOverride === '') return parsed(undefined);
  const text = readIfThere(env.bootstrapOverride);
  return text === undefined
    ? parsed(undefined, [unreadable(env.bootstrapOverride)])
    : bootstrapOverride(text, env.hostIp);
}

function unreadable(file: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'warning',
    message: `ISTIO_BOOTSTRAP_OVERRIDE names ${file}, which cannot be read; it is left out`,
    remedy: 'Mount the file that the variable names.',
  };
}
