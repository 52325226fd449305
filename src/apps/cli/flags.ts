/** A flag as data: the parser, the help, the completion and the documents read the same. */
export type Flag = {
  readonly name: string;
  readonly short?: string;
  /** What the value is called in the help; a flag without is a switch. */
  readonly value?: string;
  /** The value of the bare flag, for one that takes a value only after `=`. */
  readonly bare?: string;
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
  /** What the value names, for completion. */
  readonly names?: 'file' | 'folder';
  readonly what: string;
  /**
   * deprecated: istioctl's of 1.0, which filled in a template that we do not carry. cluster: istioctl's, about a control
   * plane that is not asked. Neither is shown in the help.
   */
  readonly kind?: 'deprecated' | 'cluster';
};

/** The text that istioctl 1.0 gives with each flag it had deprecated. */
export const DEPRECATED_TEXT = 'Use --injectConfigMapName or --injectConfigFile instead';

export const HELP: Flag = { name: 'help', short: 'h', what: 'Show this help.' };

export const FILENAME: Flag = {
  name: 'filename',
  short: 'f',
  value: 'FILE',
  names: 'file',
  repeatable: true,
  what: 'Manifest, folder of manifests (.yaml, .yml, .json; not of folders in it), or - for standard input. May be repeated.',
};

export const OUTPUT: Flag = {
  name: 'output',
  short: 'o',
  value: 'FILE',
  names: 'file',
  what: 'Write here instead of to standard output (-): all of it, or nothing when anything fails.',
};

export const COMPAT: Flag = {
  name: 'compat',
  value: 'RELEASE',
  what: 'Do as this release of Istio does, such as 1.20 or 1.0.2. Before 1.27 it needs --injectConfigFile. Default: latest.',
};

export const IN_PLACE: Flag = {
  name: 'in-place',
  what: 'Edit the files; comments, order and quoting of what is not touched stay.',
};

export const FORMAT: Flag = {
  name: 'format',
  value: 'FORMAT',
  choices: ['yaml', 'json'],
  what: 'yaml or json. Default: yaml.',
};

/** Where the configuration comes from, and what else decides the result. */
export const CONFIGURATION: readonly Flag[] = [
  file(
    'injectConfigFile',
    "Injector configuration or its ConfigMap. Default: the cluster's where there is a kubeconfig, else one of our own.",
  ),
  file('valuesFile', 'Values of the configuration, or their ConfigMap. Default: those beside the configuration.'),
  file('meshConfigFile', 'Mesh configuration, or its ConfigMap. Default: what the release has.'),
  file('meshDefaultsFile', 'What the mesh configuration is laid over. Default: what the release has.'),
  file('operatorFileName', 'IstioOperator; its values and meshConfig go before the files above.'),
  { ...file('proxyConfigFile', 'ProxyConfig resources. May be repeated.'), repeatable: true },
  {
    ...file(
      'namespacesFile',
      'Namespace objects. Read and checked, but kube-inject takes nothing from them: Istio reads OpenShift ids of a namespace in the webhook only. May be repeated.',
    ),
    repeatable: true,
  },
  { ...file('nodesFile', 'Node objects, which --nativeSidecars auto asks. May be repeated.'), repeatable: true },
  COMPAT,
  {
    name: 'nativeSidecars',
    value: 'MODE',
    choices: ['true', 'false', 'auto'],
    what: 'Sidecar as init container: true, false, or auto (all nodes of --nodesFile can). Default: auto.',
  },
  { name: 'platform', value: 'NAME', what: 'Platform of the cluster, such as openshift.' },
  { name: 'compliancePolicy', value: 'NAME', what: 'COMPLIANCE_POLICY of the injector, such as fips-140-2.' },
  { name: 'revision', short: 'r', value: 'NAME', what: 'Revision of the control plane.' },
  { name: 'proxyImage', value: 'IMAGE', what: 'Image of the sidecar, for the configuration of our own.' },
  { name: 'initImage', value: 'IMAGE', what: 'Image that captures traffic, for the configuration of our own.' },
  {
    name: 'offline',
    what: 'Contact no cluster, also where there is a kubeconfig; without files, the configuration of our own.',
  },
  {
    ...file(
      'kubeconfig',
      "Read the configuration of this kubeconfig's cluster. Default: $KUBECONFIG or ~/.kube/config, where one is there.",
    ),
    short: 'c',
  },
  { name: 'context', value: 'NAME', what: 'Context of the kubeconfig. Default: its current one.' },
  {
    name: 'istioNamespace',
    short: 'i',
    value: 'NAME',
    what: 'Namespace of the config maps in the cluster. Default: istio-system.',
  },
  {
    name: 'injectConfigMapName',
    value: 'NAME',
    what: 'Config map of the injector. Default: istio-sidecar-injector, with the revision behind it where one is given.',
  },
  {
    name: 'meshConfigMapName',
    value: 'NAME',
    what: 'Config map of the mesh. Default: istio, with the revision behind it where one is given.',
  },
  { name: 'webhookConfig', value: 'NAME', what: 'Accepted as istioctl does, which names it in messages only.' },
  {
    name: 'namespace',
    short: 'n',
    value: 'NAME',
    what: 'Accepted as istioctl does; a workload counts for the namespace that it names.',
  },
];

/** About the control plane of a cluster, which istioctl may ask to inject; we inject here. */
export const CLUSTER: readonly Flag[] = [
  ...['xds-address', 'xds-label', 'authority'].map(
    (name): Flag => ({ name, value: 'NAME', what: 'Of istioctl: about a control plane.', kind: 'cluster' }),
  ),
  ...['xds-port', 'timeout', 'cert-dir'].map(
    (name): Flag => ({ name, value: 'VALUE', what: 'Of istioctl: about a control plane.', kind: 'cluster' }),
  ),
  ...['insecure', 'plaintext'].map(
    (name): Flag => ({ name, what: 'Of istioctl: about a control plane.', kind: 'cluster' }),
  ),
];

/** Of istioctl 1.0. */
export const LEGACY: readonly Flag[] = [
  ...[
    'hub',
    'tag',
    'verbosity',
    'sidecarProxyUID',
    'setVersionString',
    'imagePullPolicy',
    'includeIPRanges',
    'excludeIPRanges',
    'includeInboundPorts',
    'excludeInboundPorts',
  ].map((name): Flag => ({ name, value: 'VALUE', what: `Of istioctl 1.0. ${DEPRECATED_TEXT}.`, kind: 'deprecated' })),
  ...['coreDump', 'debug', 'emitTemplate'].map(
    (name): Flag => ({ name, what: `Of istioctl 1.0. ${DEPRECATED_TEXT}.`, kind: 'deprecated' }),
  ),
];

function file(name: string, what: string): Flag {
  return { name, value: 'FILE', names: 'file', what };
}
