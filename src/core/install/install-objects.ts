import type { JsonObject } from '../json.ts';
import { accessObjects } from './access.ts';
import { certManagerObjects } from './cert-manager.ts';
import { type InstallOptions, labelsOf, namesOf } from './options.ts';
import { webhookConfiguration } from './webhook-configuration.ts';
import { workloadObjects } from './workload.ts';

/**
 * Everything of one revision, in the order in which it should be applied: the webhook configuration comes last, when
 * somebody is there to answer, since with failurePolicy Fail no selected pod is made before.
 */
export function installObjects(options: InstallOptions): readonly JsonObject[] {
  return [
    ...(makesNamespace(options) ? [namespaceObject(options)] : []),
    ...accessObjects(options),
    ...configMaps(options),
    ...(options.certManager ? certManagerObjects(options) : []),
    ...workloadObjects(options),
    webhookConfiguration(options),
  ];
}

/** Those of Kubernetes exist, and hold pods that `restricted` would refuse. */
function makesNamespace({ createNamespace, namespace }: InstallOptions): boolean {
  return createNamespace && namespace !== 'default' && !namespace.startsWith('kube-');
}

function namespaceObject(options: InstallOptions): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: options.namespace,
      labels: {
        'app.kubernetes.io/managed-by': 'remora',
        'istio-injection': 'disabled',
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
    },
  };
}

function configMaps(options: InstallOptions): readonly JsonObject[] {
  const { injectConfigMap, meshConfigMap } = namesOf(options);
  const { namespace, config, values, mesh } = options;
  const object = (name: string, data: JsonObject): JsonObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: labelsOf(options) },
    data,
  });
  return [object(injectConfigMap, { config, values }), object(meshConfigMap, { mesh })];
}
