import type { JsonObject } from '../json.ts';
import { type InstallOptions, labelsOf, namesOf } from './options.ts';

/**
 * Who the webhook is, and the least that it needs: objects by name wherever Kubernetes can limit by name. `create` cannot,
 * as there is no name yet when it is judged.
 */
export function accessObjects(options: InstallOptions): readonly JsonObject[] {
  const { namespace } = options;
  const { workload, clusterRole } = namesOf(options);
  const labels = labelsOf(options);
  const subjects = [{ kind: 'ServiceAccount', name: workload, namespace }];
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
  const ref = (kind: string, name: string): JsonObject => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: workload, namespace, labels } },
    { ...rbac, kind: 'Role', metadata: { name: workload, namespace, labels }, rules: namespaceRules(options) },
    {
      ...rbac,
      kind: 'RoleBinding',
      metadata: { name: workload, namespace, labels },
      roleRef: ref('Role', workload),
      subjects,
    },
    { ...rbac, kind: 'ClusterRole', metadata: { name: clusterRole, labels }, rules: clusterRules(options) },
    {
      ...rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: clusterRole, labels },
      roleRef: ref('ClusterRole', clusterRole),
      subjects,
    },
  ];
}

function namespaceRules(options: InstallOptions): readonly JsonObject[] {
  const { injectConfigMap, meshConfigMap, secret, lease } = namesOf(options);
  const rules = [
    rule('', 'configmaps', ['get', 'list', 'watch'], [injectConfigMap, meshConfigMap]),
    // The caBundle, and with a certificate of our own its authority, are written by one replica.
    rule('coordination.k8s.io', 'leases', ['get', 'update'], [lease]),
    rule('coordination.k8s.io', 'leases', ['create']),
  ];
  if (options.certManager) return rules.slice(0, 1);
  return [...rules, rule('', 'secrets', ['get', 'list', 'watch', 'update'], [secret]), rule('', 'secrets', ['create'])];
}

function clusterRules(options: InstallOptions): readonly JsonObject[] {
  const configurations = 'mutatingwebhookconfigurations';
  return [
    rule('', 'events', ['create']),
    ...(options.certManager
      ? []
      : [
          rule('admissionregistration.k8s.io', configurations, ['get', 'list', 'watch']),
          rule('admissionregistration.k8s.io', configurations, ['patch'], [namesOf(options).configuration]),
        ]),
    rule('networking.istio.io', 'proxyconfigs', ['list', 'watch']),
    ...(options.nativeSidecars === 'auto' ? [rule('', 'nodes', ['list', 'watch'])] : []),
    ...(options.platform === 'openshift' ? [rule('', 'namespaces', ['list', 'watch'])] : []),
  ];
}

/** Lets the webhook write the caBundle of one more configuration: a revision tag's. */
export function tagAccess(configuration: string, options: InstallOptions): readonly JsonObject[] {
  const { workload } = namesOf(options);
  const metadata = { name: configuration, labels: labelsOf(options) };
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
  return [
    {
      ...rbac,
      kind: 'ClusterRole',
      rules: [rule('admissionregistration.k8s.io', 'mutatingwebhookconfigurations', ['patch'], [configuration])],
    },
    {
      ...rbac,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: configuration },
      subjects: [{ kind: 'ServiceAccount', name: workload, namespace: options.namespace }],
    },
  ];
}

function rule(group: string, resource: string, verbs: readonly string[], names: readonly string[] = []): JsonObject {
  return {
    apiGroups: [group],
    ...(names.length === 0 ? {} : { resourceNames: names }),
    resources: [resource],
    verbs,
  };
}
