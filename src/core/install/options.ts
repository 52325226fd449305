/** What `remora install` and the Helm chart's values can say. */
export type InstallOptions = {
  readonly namespace: string;
  /** Not for a namespace that is there already, for other things too: its labels are theirs. */
  readonly createNamespace: boolean;
  /** Empty: the default revision, which namespaces labelled `istio-injection=enabled` get. */
  readonly revision: string;
  /** Of the webhook itself. */
  readonly image: string;
  readonly replicas: number;
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly reinvocationPolicy: 'Never' | 'IfNeeded';
  /** 1 to 30. */
  readonly timeoutSeconds: number;
  readonly enableNamespacesByDefault: boolean;
  readonly nativeSidecars: 'true' | 'false' | 'auto';
  readonly platform: string;
  readonly compat: string;
  /** Of the webhook's pods; empty: none. GKE allows the system's classes only in namespaces with a quota for them. */
  readonly priorityClassName: string;
  /** cert-manager makes the serving certificate and writes the caBundle, in place of our own authority. */
  readonly certManager: boolean;
  /** Texts of the config maps. */
  readonly config: string;
  readonly values: string;
  readonly mesh: string;
};

export const INSTALL_DEFAULTS: Omit<InstallOptions, 'image' | 'config' | 'values' | 'mesh'> = {
  namespace: 'remora-system',
  createNamespace: true,
  revision: '',
  replicas: 3,
  failurePolicy: 'Fail',
  // Another webhook may add a container after us, which must be captured and probed as the rest.
  reinvocationPolicy: 'IfNeeded',
  timeoutSeconds: 10,
  enableNamespacesByDefault: false,
  nativeSidecars: 'auto',
  platform: '',
  compat: 'latest',
  // Other pods wait for it: it must not wait behind them.
  priorityClassName: 'system-cluster-critical',
  certManager: false,
};

/** The names of everything, of one revision. */
export type InstallNames = {
  readonly workload: string;
  readonly secret: string;
  readonly servingSecret: string;
  readonly lease: string;
  readonly injectConfigMap: string;
  readonly meshConfigMap: string;
  readonly configuration: string;
  readonly clusterRole: string;
};

export function namesOf({ namespace, revision }: Pick<InstallOptions, 'namespace' | 'revision'>): InstallNames {
  const suffix = revision === '' ? '' : `-${revision}`;
  // Of cluster-wide objects, two installations in one cluster must differ in name.
  const where = namespace === INSTALL_DEFAULTS.namespace ? '' : `-${namespace}`;
  return {
    workload: `remora-webhook${suffix}`,
    secret: `remora-webhook-ca${suffix}`,
    servingSecret: `remora-webhook-tls${suffix}`,
    lease: `remora-webhook${suffix}`,
    injectConfigMap: `istio-sidecar-injector${suffix}`,
    meshConfigMap: `istio${suffix}`,
    configuration: `remora-sidecar-injector${suffix}${where}`,
    clusterRole: `remora-webhook${suffix}${where}`,
  };
}

/** On every object; `istio.io/rev` where tools look for it. */
export function labelsOf({ revision }: Pick<InstallOptions, 'revision'>): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'remora-webhook',
    'app.kubernetes.io/managed-by': 'remora',
    'app.kubernetes.io/part-of': 'remora',
    'istio.io/rev': revision === '' ? 'default' : revision,
  };
}
