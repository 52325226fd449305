import type { Release } from '../../core/release.ts';
import type { Heartbeat } from './heartbeat.ts';

/** What the process was asked for; plain data. Times are in milliseconds. */
export type WebhookOptions = {
  /** undefined: all of the machine, of both families where it has both. */
  readonly address: string | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  /** Plain HTTP for probes and metrics; undefined: none. 0 takes a free one. */
  readonly httpPort: number | undefined;
  readonly workers: number;
  /** From the signal to the end, whatever is still open. */
  readonly gracePeriod: number;
  /** How long requests are still taken after a signal, so that load balancers notice first. */
  readonly drainDelay: number;
  readonly config: ConfigOrigin;
  readonly certificate: CertificateOrigin;
  readonly clientAuthority: ClientAuthority | undefined;
  readonly injection: InjectionOptions;
  readonly cluster: ClusterOptions;
  /** Whether the caBundle of webhook configurations is kept up to date. */
  readonly patchCaBundle: boolean;
  /** The one entry that is patched, by every replica, as 1.0 did; undefined: those that call us, by a leader. */
  readonly caBundleTarget: CaBundleTarget | undefined;
  /** `exact`: nothing is served below /inject, as in 1.0. */
  readonly injectPath: 'exact' | 'below';
  /** Whether a pod that is skipped or refused leaves an Event on its owner. */
  readonly events: boolean;
  /** The health check of 1.0. */
  readonly heartbeat: Heartbeat | undefined;
  readonly log: { readonly format: 'json' | 'text'; readonly level: string };
};

export type ConfigOrigin =
  | { readonly kind: 'builtin' }
  | {
      readonly kind: 'files';
      readonly config: string;
      readonly values: string | undefined;
      readonly mesh: string | undefined;
      readonly meshDefaults: string | undefined;
      readonly proxyConfigs: readonly string[];
      readonly nodes: readonly string[];
      readonly namespaces: readonly string[];
    }
  | { readonly kind: 'cluster'; readonly injectConfigMap: string; readonly meshConfigMap: string };

export type CertificateOrigin =
  | {
      readonly kind: 'files';
      readonly certificate: string;
      readonly key: string;
      readonly caBundle: string | undefined;
    }
  | {
      readonly kind: 'self-signed';
      readonly serviceName: string;
      readonly secret: string;
      readonly lease: string;
      /** Names and addresses beyond the service's own. */
      readonly extraNames: readonly string[];
      /** Between the steps of a rotation. */
      readonly rotationPause: number;
    };

export type CaBundleTarget = { readonly configuration: string; readonly entry: string };

export type ClientAuthority = {
  readonly file: string;
  /** Common names that are let in; empty: any that the authority has signed. */
  readonly names: readonly string[];
};

/** What is the same for every pod, besides the configuration. */
export type InjectionOptions = {
  readonly release: Release;
  readonly revision: string;
  readonly nativeSidecars: 'true' | 'false' | 'auto';
  readonly platform: string;
  readonly compliancePolicy: string;
};

type ClusterOptions = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Where the config maps, the Secret and the Lease are, and we ourselves. */
  readonly namespace: string;
  /** Who we are among the replicas. */
  readonly identity: string;
};
