import type { ConfigFiles } from '../../core/injection/index.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';

/**
 * Something outside that changes: files, config maps, a certificate. `run` gives the first value as soon as there is one
 * and each later one, goes on past errors, which it tells as problems, and ends when `signal` aborts. What it gives is
 * plain JSON, since the primary process runs sources and hands what they give to its workers.
 */
export type Source<T> = {
  /** For logs: `config map istio-system/istio-sidecar-injector`. */
  readonly name: string;
  readonly run: (listener: SourceListener<T>, signal: AbortSignal) => Promise<void>;
};

export type SourceListener<T> = {
  readonly value: (value: T) => void;
  /** The last value stays in force. */
  readonly problem: (problem: Problem) => void;
};

/** The texts of a configuration as they were read, for `loadInjectionConfig`, and what of the cluster it needs. */
export type ConfigTexts = {
  readonly config: string;
  readonly values?: string | undefined;
  readonly mesh?: string | undefined;
  /** What the mesh config is laid over in place of the release's defaults. */
  readonly meshDefaults?: string | undefined;
  /** For problems: where the texts come from. */
  readonly files?: ConfigFiles | undefined;
  /** ProxyConfig resources of the cluster, as read. */
  readonly proxyConfigs: readonly JsonObject[];
  /** Kubelet versions by node name; undefined where nodes are not read. */
  readonly nodes?: Readonly<Record<string, string>> | undefined;
  /** Namespace objects by name; undefined where they are not needed. */
  readonly namespaces?: Readonly<Record<string, JsonObject>> | undefined;
};

/** PEM texts. */
export type ServingCertificate = {
  /** The leaf, then intermediates. */
  readonly certificate: string;
  readonly key: string;
  /** What clients should trust; goes into the caBundle of webhook configurations. */
  readonly caBundle?: string | undefined;
};
