import { addressFamilies, buildStaticBootstrap } from '../envoy/index.ts';
import { type Parsed, parsed } from '../problem.ts';
import { buildEmbeddedConfig } from '../proxy/index.ts';
import type { AgentSettings } from './agent-settings.ts';

/** A file to write, before the proxy starts. */
type ConfigFile = { readonly path: string; readonly text: string };

export type ProxyFiles = {
  /** What the proxy is started with. */
  readonly main: string;
  readonly files: readonly ConfigFile[];
};

/** ProxyConfig's folder, which the pod mounts so that it can be written. */
export function configPath({ config }: AgentSettings): string {
  return typeof config.configPath === 'string' ? config.configPath : './etc/istio/proxy';
}

/** Loopback of the family that the proxy's own ports are on. */
export function localhostOf({ addresses, env }: AgentSettings): string {
  return addressFamilies(addresses, env.dualStack).localhost;
}

/** The proxy's configuration as files. A `customConfigFile` is started as it is (agent.md 7.1). */
export function proxyFiles(settings: AgentSettings, telemetryLog: string | undefined): Parsed<ProxyFiles> {
  const folder = configPath(settings);
  if (settings.engine === 'embedded') {
    const built = buildEmbeddedConfig(settings.bootstrap, settings.statics);
    if (!built.ok) return built;
    const main = `${folder}/embedded-rev.json`;
    return parsed({ main, files: [{ path: main, text: JSON.stringify(built.value, null, 2) }] }, built.problems);
  }
  const custom = settings.config.customConfigFile;
  if (typeof custom === 'string' && custom !== '') return parsed({ main: custom, files: [] });
  const built = buildStaticBootstrap(settings.bootstrap, { ...settings.statics, telemetryLog });
  if (!built.ok) return built;
  const main = `${folder}/envoy-rev.json`;
  const { config, tokenFile } = built.value;
  const token = tokenFile === undefined ? [] : [tokenFile];
  return parsed({ main, files: [{ path: main, text: JSON.stringify(config, null, 2) }, ...token] }, built.problems);
}
