import { COMPAT, type Flag, HELP } from '../flags.ts';

const text = (name: string, value: string, what: string, more: Partial<Flag> = {}): Flag => ({
  name,
  value,
  what,
  ...more,
});
const file = (name: string, what: string, more: Partial<Flag> = {}): Flag =>
  text(name, 'FILE', what, { names: 'file', ...more });

const KUBECONFIG = file(
  'kubeconfig',
  "How to reach the cluster. Default: $KUBECONFIG, ~/.kube/config, or the pod's service account.",
  {
    short: 'c',
  },
);
const CONTEXT = text('context', 'NAME', 'Context of the kubeconfig. Default: its current one.');
const NAMESPACE = text('namespace', 'NAME', 'Namespace that Remora is installed in. Default: remora-system.', {
  short: 'n',
});
const REVISION = text('revision', 'NAME', 'Revision: several can stand in one cluster. Default: the default one.', {
  short: 'r',
});
const TEXT_OR_JSON = text('output', 'FORMAT', 'text or json. Default: text.', {
  short: 'o',
  choices: ['text', 'json'],
});

const IMAGES: readonly Flag[] = [
  text('hub', 'HUB', 'What stands before the names of images. Default: remora.'),
  text('image', 'IMAGE', 'Image of the webhook. Default: HUB/webhook, with the version.'),
];

const WEBHOOK: readonly Flag[] = [
  text('failurePolicy', 'POLICY', 'What the API server does when nobody answers: Fail or Ignore. Default: Fail.', {
    choices: ['Fail', 'Ignore'],
  }),
  text(
    'reinvocationPolicy',
    'POLICY',
    'Whether we are asked again after other webhooks: IfNeeded or Never. Default: IfNeeded.',
    {
      choices: ['IfNeeded', 'Never'],
    },
  ),
  text('timeoutSeconds', 'N', 'How long the API server waits, 1 to 30. Default: 10.'),
  { name: 'enableNamespacesByDefault', what: 'Inject namespaces without any label too.' },
];

export const INSTALL_FLAGS: readonly Flag[] = [
  { name: 'apply', what: 'Apply to the cluster instead of printing.' },
  { name: 'dryRun', what: 'With --apply: let the API server check everything, and change nothing.' },
  text('output', 'FORMAT', 'yaml or json. Default: yaml.', { short: 'o', choices: ['yaml', 'json'] }),
  NAMESPACE,
  {
    name: 'createNamespace',
    value: 'true|false',
    bare: 'true',
    choices: ['true', 'false'],
    what: 'Make the namespace too. Default: true; with --apply, one that is there stays as it is.',
  },
  REVISION,
  ...IMAGES,
  text('replicas', 'N', 'Default: 3.'),
  ...WEBHOOK,
  file('injectConfigFile', 'Injector configuration or its ConfigMap. Default: a configuration of our own.'),
  file('valuesFile', 'Values of the configuration. Default: those of our own.'),
  file('meshConfigFile', 'Mesh configuration, or its ConfigMap. Default: what the release has.'),
  COMPAT,
  text('nativeSidecars', 'MODE', 'Sidecar as init container: true, false, or auto (all nodes can). Default: auto.', {
    choices: ['true', 'false', 'auto'],
  }),
  text('platform', 'NAME', 'Platform of the cluster, such as openshift.'),
  text('priorityClassName', 'NAME', 'Priority of the webhook\'s pods; "" for none. Default: system-cluster-critical.'),
  { name: 'certManager', what: 'Certificates of cert-manager in place of our own authority.' },
  file(
    'webhookConfigFile',
    'Without --apply: webhook configurations of the cluster, to look for other injectors there: kubectl get mutatingwebhookconfigurations -o yaml.',
  ),
  { name: 'force', what: 'Install beside another injector of the same revision or default role.' },
  { name: 'forceConflicts', what: 'With --apply: take over fields that somebody else has changed.' },
  text(
    'wait',
    'TIME',
    'With --apply: how long to wait for the webhook before pods are sent to it; 0 does not. Default: 3m.',
  ),
  KUBECONFIG,
  CONTEXT,
  HELP,
];

export const UNINSTALL_FLAGS: readonly Flag[] = [
  { name: 'apply', what: 'Remove, instead of saying what would be removed.' },
  NAMESPACE,
  REVISION,
  TEXT_OR_JSON,
  KUBECONFIG,
  CONTEXT,
  HELP,
];

export const TAG_FLAGS: readonly Flag[] = [
  { ...REVISION, what: 'Revision that the tag stands for; set and generate want it.' },
  NAMESPACE,
  { name: 'overwrite', what: 'Move a tag that exists.' },
  { name: 'skip-confirmation', short: 'y', what: 'Remove a tag although namespaces use it.' },
  { name: 'auto-inject-namespaces', what: 'With the tag default: inject namespaces without any label too.' },
  text('manifests', 'PATH', 'Accepted as istioctl does; the objects come from the revision itself.', { short: 'd' }),
  text('webhook-name', 'NAME', 'Name of the webhook configuration. Default: remora-revision-tag-TAG.'),
  TEXT_OR_JSON,
  KUBECONFIG,
  CONTEXT,
  HELP,
];

export const CHECK_FLAGS: readonly Flag[] = [
  text('namespace', 'NAME', 'Look at the pods of this namespace only. Default: all.', { short: 'n' }),
  file('filename', 'Objects as kubectl get -o yaml prints them, in place of a cluster. May be repeated.', {
    short: 'f',
    repeatable: true,
  }),
  { name: 'noTry', what: 'Create no pod for a try.' },
  TEXT_OR_JSON,
  KUBECONFIG,
  CONTEXT,
  HELP,
];
