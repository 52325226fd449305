import type { JsonObject } from '../json.ts';
import { type InstallOptions, labelsOf, namesOf } from './options.ts';

/** Where the injector itself never injects (injection.md 1.1, rule 2): the API server need not even ask. */
const IGNORED_NAMESPACES = ['kube-node-lease', 'kube-public', 'kube-system', 'local-path-storage'];

const INJECT = 'sidecar.istio.io/inject';
const NAMESPACE_INJECT = 'istio-injection';
const REVISION = 'istio.io/rev';
const NAME = 'kubernetes.io/metadata.name';

type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

/**
 * The MutatingWebhookConfiguration of a revision: Istio's entries and selectors (its chart of 1.32; injection.md 1.3), with
 * our own namespace and those that are never injected taken out, since a webhook that its own pods wait for would never
 * start. Every field that the API server would fill in is there, so that a GitOps tool sees no difference; caBundle is
 * not, as it belongs to another field manager.
 *
 * | prefix           | present               | namespace                 | pod                             |
 * |------------------|-----------------------|---------------------------|---------------------------------|
 * | `rev.namespace.` | always                | rev In [R], no injection  | inject NotIn [false]            |
 * | `rev.object.`    | always                | no rev, no injection      | inject NotIn [false], rev In [R]|
 * | `namespace.`     | default               | injection In [enabled]    | inject NotIn [false]            |
 * | `object.`        | default               | no injection, no rev      | inject In [true], no rev        |
 * | `auto.`          | default, if asked for | no injection, no rev      | no inject, no rev               |
 */
export function webhookConfiguration(options: InstallOptions): JsonObject {
  const revision = options.revision === '' ? 'default' : options.revision;
  const entries = [...revisionEntries(revision, options), ...(options.revision === '' ? defaultEntries(options) : [])];
  return configuration(namesOf(options).configuration, {}, entries, options);
}

/** A revision tag: a stable name for a revision, which namespaces are labelled with (injection.md 1.3 and 6.7). */
export function tagConfiguration(tag: string, options: InstallOptions): JsonObject {
  const name = `remora-revision-tag-${tag}${options.namespace === 'remora-system' ? '' : `-${options.namespace}`}`;
  const entries = [...revisionEntries(tag, options), ...(tag === 'default' ? defaultEntries(options) : [])];
  return configuration(name, { 'istio.io/tag': tag }, entries, options);
}

function configuration(
  name: string,
  labels: Readonly<Record<string, string>>,
  webhooks: readonly JsonObject[],
  options: InstallOptions,
): JsonObject {
  const { servingSecret } = namesOf(options);
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: {
      name,
      labels: { ...labelsOf(options), app: 'sidecar-injector', ...labels },
      ...(options.certManager
        ? { annotations: { 'cert-manager.io/inject-ca-from': `${options.namespace}/${servingSecret}` } }
        : {}),
    },
    webhooks,
  };
}

function revisionEntries(revision: string, options: InstallOptions): readonly JsonObject[] {
  const rev = is(REVISION, revision);
  return [
    entry('rev.namespace.', [rev, none(NAMESPACE_INJECT)], [not(INJECT, 'false')], options),
    entry('rev.object.', [none(REVISION), none(NAMESPACE_INJECT)], [not(INJECT, 'false'), rev], options),
  ];
}

function defaultEntries(options: InstallOptions): readonly JsonObject[] {
  const unlabelled = [none(NAMESPACE_INJECT), none(REVISION)];
  return [
    entry('namespace.', [is(NAMESPACE_INJECT, 'enabled')], [not(INJECT, 'false')], options),
    entry('object.', unlabelled, [is(INJECT, 'true'), none(REVISION)], options),
    ...(options.enableNamespacesByDefault ? [entry('auto.', unlabelled, [none(INJECT), none(REVISION)], options)] : []),
  ];
}

function entry(
  prefix: string,
  namespace: readonly Expression[],
  object: readonly Expression[],
  options: InstallOptions,
): JsonObject {
  const { namespace: own, failurePolicy, reinvocationPolicy, timeoutSeconds } = options;
  // Last, as istioctl shows the first label that matches.
  const elsewhere = not(NAME, ...[...new Set([...IGNORED_NAMESPACES, own])].sort());
  return {
    name: `${prefix}sidecar-injector.istio.io`,
    admissionReviewVersions: ['v1', 'v1beta1'],
    clientConfig: {
      service: { name: namesOf(options).workload, namespace: own, path: '/inject', port: 443 },
    },
    failurePolicy,
    matchPolicy: 'Equivalent',
    namespaceSelector: { matchExpressions: [...namespace, elsewhere] },
    objectSelector: { matchExpressions: object },
    reinvocationPolicy,
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: '*' }],
    sideEffects: 'NoneOnDryRun',
    timeoutSeconds,
  };
}

function is(key: string, ...values: readonly string[]): Expression {
  return { key, operator: 'In', values };
}

function not(key: string, ...values: readonly string[]): Expression {
  return { key, operator: 'NotIn', values };
}

function none(key: string): Expression {
  return { key, operator: 'DoesNotExist' };
}
