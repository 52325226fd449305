import { COMPAT, type Flag, HELP } from '../flags.ts';

const text = (name: string, value: string, what: string, more: Partial<Flag> = {}): Flag => ({
  name,
  value,
  what,
  ...more,
});
const file = (name: string, what: string, more: Partial<Flag> = {}): Flag =>
  text(name, 'FILE', what, { names: 'file', ...more });
const yesNo = (name: string, what: string): Flag => ({
  name,
  value: 'true|false',
  bare: 'true',
  choices: ['true', 'false'],
  what,
});

/** Flags of `remora webhook`, which its Deployment gives. */
export const WEBHOOK_FLAGS: readonly Flag[] = [
  text('port', 'N', 'HTTPS port; 0 takes a free one. Default: 15017.'),
  text(
    'httpPort',
    'N',
    'Port of plain HTTP for /healthz, /readyz and /metrics; 0 takes a free one, off has none. Default: 8080.',
  ),
  text('address', 'ADDRESS', 'Address to listen at. Default: all of the machine.'),
  file(
    'injectConfigFile',
    'Injector configuration or its ConfigMap; read again when it changes. Default: the config map of the cluster.',
  ),
  file('valuesFile', 'Values of the configuration. Default: those beside the configuration.'),
  file('meshConfigFile', 'Mesh configuration, or its ConfigMap. Default: what the release has.'),
  file('meshDefaultsFile', 'What the mesh configuration is laid over. Default: what the release has.'),
  file('proxyConfigFile', 'ProxyConfig resources. May be repeated.', { repeatable: true }),
  file('nodesFile', 'Node objects, which --nativeSidecars auto asks. May be repeated.', { repeatable: true }),
  file('namespacesFile', 'Namespace objects, for OpenShift. May be repeated.', { repeatable: true }),
  text('injectDir', 'FOLDER', 'Folder with the files config, values and, optionally, mesh: a mounted config map.', {
    names: 'folder',
  }),
  { name: 'offline', what: 'Contact no cluster; without files, the configuration of our own.' },
  text(
    'istioNamespace',
    'NAME',
    'Namespace of config maps, Secret and Lease. Default: $POD_NAMESPACE, else remora-system.',
    {
      short: 'i',
    },
  ),
  text(
    'injectConfigMapName',
    'NAME',
    'Default: istio-sidecar-injector, with the revision behind it where there is one.',
  ),
  text('meshConfigMapName', 'NAME', 'Default: istio, with the revision behind it where there is one.'),
  file('kubeconfig', "How to reach the cluster. Default: $KUBECONFIG, ~/.kube/config, or the pod's service account.", {
    short: 'c',
  }),
  text('context', 'NAME', 'Context of the kubeconfig.'),
  file('tlsCertFile', 'Serving certificate, PEM; read again when it changes. Default: self-signed.'),
  file('tlsKeyFile', 'Its key.'),
  file('caCertFile', 'What the API server should trust: goes into the caBundle of webhook configurations.'),
  text(
    'serviceName',
    'NAME',
    'Service that the self-signed certificate is for. Default: remora-webhook, with the revision.',
  ),
  text('caSecret', 'NAME', 'Secret of the self-signed authority. Default: remora-webhook-ca, with the revision.'),
  text('lease', 'NAME', 'Lease by which replicas choose a leader. Default: remora-webhook, with the revision.'),
  text(
    'rotationPause',
    'TIME',
    'Between the steps of a rotation of the authority, for a new one to reach all API servers. Default: 5m.',
  ),
  text('certName', 'NAME', 'Further name or address for the self-signed certificate. May be repeated.', {
    repeatable: true,
  }),
  file('clientCAFile', 'Only clients with a certificate of this authority may ask for injection: the API server.'),
  text('clientName', 'NAME', 'Common name that such a client must have. May be repeated.', { repeatable: true }),
  yesNo(
    'patchCaBundle',
    'Keep the caBundle of our webhook configurations right. Default: true with self-signed certificates or --caCertFile.',
  ),
  yesNo('events', 'Leave Events on the owners of pods that are skipped or refused. Default: true with a cluster.'),
  text('workers', 'N', 'Processes that answer. Default: 1.'),
  text('gracePeriod', 'TIME', 'From the signal to the end, whatever is open. Default: 20s.'),
  text(
    'drainDelay',
    'TIME',
    'How long requests are still taken after the signal, so that load balancers notice. Default: 5s.',
  ),
  COMPAT,
  {
    name: 'nativeSidecars',
    value: 'MODE',
    choices: ['true', 'false', 'auto'],
    what: 'Sidecar as init container: true, false, or auto (all nodes can). Default: $ENABLE_NATIVE_SIDECARS, else auto.',
  },
  text('platform', 'NAME', 'Platform of the cluster, such as openshift. Default: $PLATFORM.'),
  text('compliancePolicy', 'NAME', 'Default: $COMPLIANCE_POLICY.'),
  text('revision', 'NAME', 'Revision of the injector. Default: $REVISION.', { short: 'r' }),
  text('logFormat', 'FORMAT', 'json or text. Default: json.', { choices: ['json', 'text'] }),
  text('logLevel', 'LEVEL', 'debug, info, warn, error or silent. Default: info.', {
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
  }),
  HELP,
];

/** Flags of Istio 1.0's sidecar injector and of its health check (injection.md 6.8). */
export const SIDECAR_INJECTOR_FLAGS: readonly Flag[] = [
  file('meshConfig', 'Mesh configuration. Default: /etc/istio/config/mesh.'),
  file('injectConfig', 'Injector configuration. Default: /etc/istio/inject/config.'),
  file('tlsCertFile', 'Serving certificate. Default: /etc/istio/certs/cert-chain.pem.'),
  file('tlsKeyFile', 'Its key. Default: /etc/istio/certs/key.pem.'),
  file('caCertFile', 'Goes into the webhook configuration. Default: /etc/istio/certs/root-cert.pem.'),
  text('port', 'N', 'HTTPS port; 0 takes a free one. Default: 443.'),
  text('healthCheckInterval', 'TIME', 'How often the health file is written; 0 is never. Default: 0.'),
  file('healthCheckFile', 'The health file. Default: none.'),
  file('kubeconfig', "How to reach the cluster. Default: $KUBECONFIG, ~/.kube/config, or the pod's service account."),
  text(
    'webhookConfigName',
    'NAME',
    'Webhook configuration whose caBundle is kept right. Default: istio-sidecar-injector.',
  ),
  text('webhookName', 'NAME', 'Its entry. Default: sidecar-injector.istio.io.'),
  { name: 'offline', what: 'Contact no cluster: the webhook configuration is left as it is.' },
  text('compat', 'RELEASE', 'Whose injection it is. Default: 1.0.'),
  file('probe-path', 'probe: the health file.'),
  text('interval', 'TIME', 'probe: how old it may be. Default: 0.'),
  HELP,
];
