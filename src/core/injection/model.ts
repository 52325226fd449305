import type { CompiledTemplate, GoValue, TemplateHost } from '../gotemplate/index.ts';
import type { JsonObject } from '../json.ts';
import type { JsonPatch } from '../kube/index.ts';
import type { MeshConfig, ProxyConfigResource } from '../mesh/index.ts';
import type { Problem } from '../problem.ts';
import type { Release } from '../release.ts';
import type { RuleId } from './rules.ts';

/** Metadata and spec of a pod in the JSON form of the Kubernetes API: a Pod, or the pod template of a workload. */
export type PodTemplate = JsonObject;

/** One named template of an injector configuration, compiled once. */
export type SidecarTemplate = {
  readonly name: string;
  readonly source: string;
  readonly compiled: CompiledTemplate;
};

/** The `config` and `values` keys of the istio-sidecar-injector config map and the mesh config, all parsed. */
export type InjectionConfig = {
  readonly release: Release;
  /**
   * list: `template`, rendered text is lists appended to the pod (1.0 to 1.8).
   * overlay: `templates`, rendered text is a partial Pod merged by strategic merge (1.9 and later).
   */
  readonly generation: 'list' | 'overlay';
  readonly policy: string;
  readonly templates: ReadonlyMap<string, SidecarTemplate>;
  readonly defaultTemplates: readonly string[];
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  readonly neverInjectSelector: readonly JsonObject[];
  readonly alwaysInjectSelector: readonly JsonObject[];
  readonly injectedAnnotations: Readonly<Record<string, string>>;
  /** `.Values` as the templates see it, and the same as JSON; null where the text was the YAML `null`. */
  readonly values: GoValue;
  readonly valuesJson: JsonObject;
  /** What the status annotation carries as `version` up to 1.8: SHA-256 of the template text unless set. */
  readonly templateVersion: string;
  readonly mesh: MeshConfig;
  /** ProxyConfig resources of the cluster (webhook, 1.13 and later); kube-inject knows none upstream. */
  readonly proxyConfigs: readonly ProxyConfigResource[];
};

/** Everything about one request that is neither the pod nor the configuration. */
export type InjectionContext = {
  /** The two entrances of upstream, which differ in many details (injection.md 5.2). */
  readonly path: 'kube-inject' | 'webhook';
  /** Of the owning workload. kube-inject gives the workload's; absent → derived from the pod (injection.md 2.8). */
  readonly owner?: OwnerMeta | undefined;
  /** Namespace of the AdmissionRequest; empty in kube-inject. */
  readonly requestNamespace: string;
  /** The injector's revision, raw: `""` shows as `default` in the status annotation. */
  readonly revision: string;
  /** Environment given through the webhook's URL path, in no particular order. */
  readonly proxyEnvs: ReadonlyMap<string, string>;
  readonly nativeSidecars: 'true' | 'false' | 'auto';
  /** Kubelet versions by node name; undefined where nodes cannot be read, which `auto` takes for "no". */
  readonly nodes?: ReadonlyMap<string, string> | undefined;
  /** PLATFORM of the injector: `openshift` or empty. */
  readonly platform: string;
  /** The Namespace object of the pod's namespace, where it is known (OpenShift ids). */
  readonly namespaceObject?: JsonObject | undefined;
  readonly compliancePolicy: string;
  /** Clock, random and environment for template functions. */
  readonly host: TemplateHost;
};

export type OwnerMeta = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** The rest of the workload's metadata: templates of old releases see its labels and annotations. */
  readonly metadata?: JsonObject | undefined;
};

/** What one rule said about a pod, with where in the pod or configuration it looked. */
export type RuleCheck = {
  readonly rule: RuleId;
  readonly verdict: 'inject' | 'skip' | 'no-opinion';
  /** A sentence with the values seen, for people. */
  readonly because: string;
  /** JSON pointers into the pod. */
  readonly at: readonly string[];
};

export type InjectionDecision = {
  readonly inject: boolean;
  readonly decidedBy: RuleId;
  readonly checks: readonly RuleCheck[];
  /** Warnings met on the way: a value that counts for nothing, a selector that cannot be read. */
  readonly problems: readonly Problem[];
};

/** One step of the pipeline that changed something, for people: `probes` / `rewrote 2 probes of container hello`. */
export type StepTrace = {
  readonly step: string;
  readonly because: string;
  readonly at: readonly string[];
};

export type InjectionOutcome =
  | {
      readonly kind: 'injected';
      readonly decision: InjectionDecision;
      readonly pod: PodTemplate;
      readonly trace: readonly StepTrace[];
      /** From the pod as received to `pod`. */
      readonly patch: JsonPatch;
      /** Warnings. */
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'skipped';
      readonly decision: InjectionDecision;
      readonly pod: PodTemplate;
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'failed'; readonly decision: InjectionDecision; readonly problems: readonly Problem[] };
