import { behaves, loadInjectionConfig } from '../injection/index.ts';
import { getKey, type JsonObject } from '../json.ts';
import { LATEST } from '../release.ts';
import type { ClusterSnapshot, Finding } from './model.ts';
import { nameOf, namespaceOf, textAt } from './objects.ts';

/** The first kubelet minor on which native sidecars are taken for dependable (injection.md 2.10). */
const NATIVE_MINOR = 33;

/** Whether the config maps can be used, and whether the nodes can do what they ask for. */
export function configRules({ configMaps, nodes }: ClusterSnapshot): readonly Finding[] {
  const maps = (configMaps ?? []).filter(
    (map) => nameOf(map).startsWith('istio-sidecar-injector') && getKey(map, 'data') !== undefined,
  );
  const findings = maps.flatMap((map) => configFindings(map, configMaps ?? []));
  return [...findings, ...nativeFindings(maps, nodes ?? [])];
}

function configFindings(map: JsonObject, all: readonly JsonObject[]): readonly Finding[] {
  const where = `ConfigMap ${namespaceOf(map)}/${nameOf(map)}`;
  const meshName = nameOf(map).replace('istio-sidecar-injector', 'istio');
  const mesh = all.find((other) => nameOf(other) === meshName && namespaceOf(other) === namespaceOf(map));
  const loaded = loadInjectionConfig({
    configText: textAt(map, 'data', 'config'),
    valuesText: textAt(map, 'data', 'values'),
    meshConfigText: mesh === undefined ? undefined : textAt(mesh, 'data', 'mesh'),
    release: LATEST,
    files: { config: where, values: where, mesh: `ConfigMap ${namespaceOf(map)}/${meshName}` },
  });
  const errors = loaded.problems.filter(({ severity }) => severity === 'error');
  if (loaded.ok) {
    const names = [...loaded.value.templates.keys()].join(', ');
    return [{ id: 'config-good', severity: 'ok', where, message: `It has the templates ${names}.`, remedy: undefined }];
  }
  return errors.map(({ code, message, where: place, remedy }) => ({
    id: 'config-invalid',
    severity: 'error',
    where: place?.line === undefined ? (place?.file ?? where) : `${place.file ?? where}, line ${place.line}`,
    message: `${code}: ${message}`,
    remedy: remedy ?? 'Correct it; the injector goes on with the last good one as long as it runs.',
  }));
}

/** Asked for explicitly, native sidecars go to every node; an old kubelet runs them as init containers that never end. */
function nativeFindings(maps: readonly JsonObject[], nodes: readonly JsonObject[]): readonly Finding[] {
  const asking = maps.filter((map) => /"?nativeSidecars"?: ?true/.test(textAt(map, 'data', 'values')));
  const old = nodes.filter((node) => minorOf(textAt(node, 'status', 'nodeInfo', 'kubeletVersion')) < NATIVE_MINOR);
  if (asking.length === 0 || old.length === 0 || !behaves(LATEST, 'native-sidecars')) return [];
  const shown = old
    .slice(0, 3)
    .map((node) => `${nameOf(node)} (${textAt(node, 'status', 'nodeInfo', 'kubeletVersion')})`);
  return [
    {
      id: 'native-unsupported',
      severity: 'error',
      where: asking.map((map) => `ConfigMap ${namespaceOf(map)}/${nameOf(map)}`).join(', '),
      message: `It asks for native sidecars, and ${old.length} of ${nodes.length} nodes are older than 1.${NATIVE_MINOR}: ${shown.join(', ')}.`,
      remedy: 'Leave nativeSidecars to auto, or update the nodes.',
    },
  ];
}

function minorOf(version: string): number {
  return Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? Number.POSITIVE_INFINITY);
}
