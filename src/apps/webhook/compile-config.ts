import { type InjectionConfig, type InjectionContext, loadInjectionConfig } from '../../core/injection/index.ts';
import type { JsonObject } from '../../core/json.ts';
import { parseProxyConfigResource } from '../../core/mesh/index.ts';
import { failed, type Parsed, parsed } from '../../core/problem.ts';
import type { InjectionOptions } from './options.ts';
import type { ConfigTexts } from './source.ts';

/** A configuration in force, with what of the cluster belongs to it. */
export type Compiled = {
  readonly config: InjectionConfig;
  readonly nodes: InjectionContext['nodes'];
  readonly namespaces: ReadonlyMap<string, JsonObject>;
};

/** Compiles texts for many pods. A problem in any of them fails the whole, so that half a change never counts. */
export function compileConfig(texts: ConfigTexts, { release }: InjectionOptions): Parsed<Compiled> {
  const resources = texts.proxyConfigs.map((object) => parseProxyConfigResource(object, release));
  const proxyConfigs = resources.flatMap((resource) => (resource.ok ? [resource.value] : []));
  const told = resources.flatMap((resource) => resource.problems);
  const config = loadInjectionConfig({
    configText: texts.config,
    valuesText: texts.values,
    meshConfigText: texts.mesh,
    meshDefaultsText: texts.meshDefaults,
    release,
    proxyConfigs,
    files: texts.files,
  });
  if (!config.ok) return failed(...told, ...config.problems);
  return parsed(
    {
      config: config.value,
      nodes: texts.nodes === undefined ? undefined : new Map(Object.entries(texts.nodes)),
      namespaces: new Map(Object.entries(texts.namespaces ?? {})),
    },
    // A ProxyConfig that cannot be read concerns the pods it selects, and must not keep all others from a new template.
    [...told.map((problem) => ({ ...problem, severity: 'warning' as const })), ...config.problems],
  );
}
