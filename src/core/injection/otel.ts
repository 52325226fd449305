import { getKey, type JsonObject, textAt } from '../json.ts';

/**
 * `OTEL_RESOURCE_ATTRIBUTES` by OpenTelemetry's conventions for Kubernetes: a comma list of service.namespace,
 * service.version and service.instance.id, each from its annotation, else derived (injection.md 3.5; 1.30 and later).
 * The caller has checked that some provider of the mesh asks for it.
 */
export function otelResourceAttributes(
  annotations: JsonObject,
  labels: JsonObject,
  namespace: string,
  containers: readonly JsonObject[],
): string {
  const attributes: readonly (readonly [string, string])[] = [
    ['service.namespace', namespace],
    ['service.version', textAt(labels, 'app.kubernetes.io/version') || imageVersion(containers)],
    ['service.instance.id', instanceId(namespace, containers[0])],
  ];
  return attributes
    .map(([name, derived]) => [name, textAt(annotations, `resource.opentelemetry.io/${name}`) || derived] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

function instanceId(namespace: string, first: JsonObject | undefined): string {
  return first === undefined ? '' : `${namespace}.$(POD_NAME).${textAt(first, 'name')}`;
}

/** Tag and digest of the only container; with several containers none of them is the service. */
function imageVersion(containers: readonly JsonObject[]): string {
  const only = containers[0];
  if (only === undefined || containers.length !== 1) return '';
  const image = getKey(only, 'image');
  if (typeof image !== 'string') return '';
  const at = image.indexOf('@');
  const digest = at < 0 ? '' : image.slice(at + 1);
  const reference = at < 0 ? image : image.slice(0, at);
  const colon = reference.lastIndexOf(':');
  const tag = colon > reference.lastIndexOf('/') ? reference.slice(colon + 1) : '';
  return tag !== '' && digest !== '' ? `${tag}@${digest}` : digest || tag;
}
