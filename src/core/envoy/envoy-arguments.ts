import { stringifyGoJson } from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { addressFamily } from '../mesh/index.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { settingProblem } from './settings.ts';

export type EnvoyArguments = {
  readonly configFile: string;
  /** `--proxyLogLevel` and `--proxyComponentLogLevel` as given. */
  readonly logLevel: string;
  readonly componentLogLevel: string;
  readonly addresses: readonly string[];
  readonly drainSeconds: number;
  readonly flushMilliseconds?: number | undefined;
  readonly flushMinSizeKb: number;
  readonly skipDeprecatedLogs: boolean;
  readonly coreDump: boolean;
  /** JSON of the override file, by {@link bootstrapOverride}. */
  readonly override?: string | undefined;
  /** 0: as many threads as the machine has CPUs. */
  readonly concurrency: number;
};

/** Envoy's command line after the program's name (agent.md 8). */
export function envoyArguments(request: EnvoyArguments): readonly string[] {
  const { level, components } = splitLogLevel(request.logLevel);
  const component = components.length > 0 ? components.join(',') : request.componentLogLevel;
  const families = request.addresses.map(addressFamily).filter((family) => family !== undefined);
  const v6 = families.length > 0 && families.every((family) => family === 6);
  return [
    ...['-c', request.configFile, '--drain-time-s', String(request.drainSeconds), '--drain-strategy', 'immediate'],
    ...['--local-address-ip-version', v6 ? 'v6' : 'v4'],
    ...['--file-flush-interval-msec', String(request.flushMilliseconds ?? 1000)],
    ...['--disable-hot-restart', '--allow-unknown-static-fields'],
    ...(request.flushMinSizeKb > 0 ? ['--file-flush-min-size-kb', String(request.flushMinSizeKb)] : []),
    ...(level === '' ? [] : ['-l', level]),
    ...(component === '' ? [] : ['--component-log-level', component]),
    ...(request.skipDeprecatedLogs ? ['--skip-deprecated-logs'] : []),
    ...(request.coreDump ? ['--enable-core-dump'] : []),
    ...(request.override === undefined ? [] : ['--config-yaml', request.override]),
    ...(request.concurrency > 0 ? ['--concurrency', String(request.concurrency)] : []),
  ];
}

export type LogLevel = {
  readonly level: string;
  readonly components: readonly string[];
  readonly dropped: readonly string[];
};

/** `misc:warn,info`: a part without a colon is the level, the last of which wins; with more than one it is dropped. */
export function splitLogLevel(text: string): LogLevel {
  const parts = text.split(',').filter((part) => part !== '');
  const colons = (part: string): number => part.split(':').length - 1;
  return {
    level: parts.findLast((part) => colons(part) === 0) ?? '',
    components: parts.filter((part) => colons(part) === 1),
    dropped: parts.filter((part) => colons(part) > 1),
  };
}

/** The override file of ISTIO_BOOTSTRAP_OVERRIDE as JSON with sorted keys, `$(HOST_IP)` replaced. */
export function bootstrapOverride(text: string, hostIp: string): Parsed<string> {
  const bracketed = addressFamily(hostIp) === 6 ? `[${hostIp}]` : hostIp;
  const filled = text.replaceAll('[$(HOST_IP)]', `[${hostIp}]`).replaceAll('$(HOST_IP)', bracketed);
  const yaml = parseYaml(filled);
  if (!yaml.ok) {
    return failed(...yaml.problems.map(({ message }) => settingProblem(`bootstrap override: ${message}`, 'warning')));
  }
  return parsed(stringifyGoJson(yaml.value, { sortKeys: true, escapeHtml: true }));
}
