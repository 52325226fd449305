/** From the options to what feeds the process. The Kubernetes client is loaded only where something of a cluster is asked for. */
import { builtinConfig, type ReviewAnswer } from '../../core/injection/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import type { Log } from '../../platform/log.ts';
import { fileCertificate, fileTexts } from './file-sources.ts';
import type { ClusterMetrics } from './metrics.ts';
import type { WebhookOptions } from './options.ts';
import type { ConfigTexts, ServingCertificate, Source } from './source.ts';

export type Sources = {
  readonly texts: Source<ConfigTexts>;
  readonly certificate: Source<ServingCertificate>;
  /** What runs beside them until `signal` aborts: patching caBundles. */
  readonly chores: readonly ((signal: AbortSignal) => Promise<void>)[];
  /** Of each certificate that comes. */
  readonly useCaBundle: (caBundle: string) => void;
  readonly decided: (reviewed: ReviewAnswer) => void;
  readonly close: () => void;
};

export async function openSources(
  options: WebhookOptions,
  version: string,
  log: Log,
  metrics: ClusterMetrics,
): Promise<Parsed<Sources>> {
  const { config, certificate } = options;
  const extras = options.patchCaBundle || options.events;
  const none = { chores: [], useCaBundle: () => {}, decided: () => {}, close: () => {} };
  if (!extras && config.kind !== 'cluster' && certificate.kind === 'files') {
    return parsed({
      ...none,
      texts: config.kind === 'files' ? fileTexts(config) : builtinTexts(version),
      certificate: fileCertificate(certificate),
    });
  }
  const { openClusterParts } = await import('./cluster/index.ts');
  const parts = openClusterParts(options, log, metrics);
  if (!parts.ok) return failed(...parts.problems);
  return parsed({
    ...none,
    ...parts.value,
    texts:
      config.kind === 'files'
        ? fileTexts(config)
        : config.kind === 'builtin'
          ? builtinTexts(version)
          : parts.value.texts(config),
    certificate: certificate.kind === 'files' ? fileCertificate(certificate) : parts.value.certificate(certificate),
  });
}

/** The configuration of our own, for a first try. */
function builtinTexts(version: string): Source<ConfigTexts> {
  const { configText, valuesText, meshConfigText } = builtinConfig({ tag: version });
  return {
    name: 'built-in configuration',
    run: async ({ value }) =>
      value({ config: configText, values: valuesText, mesh: meshConfigText, proxyConfigs: [], namespaces: {} }),
  };
}

/** A file of the command line that is read once. */
export function unreadable(file: string, message: string): Problem {
  return {
    code: 'FILE_UNREADABLE',
    severity: 'error',
    message,
    where: { file },
    remedy: 'Correct the name of the file.',
  };
}
