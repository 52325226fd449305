/** Configuration and certificates that are files, mounted or edited; each change of them gives a new value. */
import { getKey, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseYaml, splitDocuments } from '../../core/kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { readFile } from '../../platform/files.ts';
import { watchFiles } from '../../platform/watch-files.ts';
import type { CertificateOrigin, ConfigOrigin } from './options.ts';
import type { ConfigTexts, ServingCertificate, Source } from './source.ts';

type ConfigFilesOrigin = Extract<ConfigOrigin, { readonly kind: 'files' }>;

export function fileTexts(origin: ConfigFilesOrigin): Source<ConfigTexts> {
  const { config, values, mesh, meshDefaults, proxyConfigs, nodes, namespaces } = origin;
  const files = [config, values, mesh, meshDefaults, ...proxyConfigs, ...nodes, ...namespaces];
  return fileSource(
    `files ${config}`,
    files.filter((file) => file !== undefined),
    () => readTexts(origin),
  );
}

export function fileCertificate(
  origin: Extract<CertificateOrigin, { readonly kind: 'files' }>,
): Source<ServingCertificate> {
  const { certificate, key, caBundle } = origin;
  const files = [certificate, key, ...(caBundle === undefined ? [] : [caBundle])];
  return fileSource(`files ${certificate} and ${key}`, files, () => {
    const read = reader();
    const value = {
      certificate: read.text(certificate),
      key: read.text(key),
      ...(caBundle === undefined ? {} : { caBundle: read.text(caBundle) }),
    };
    return read.problems.length > 0 ? failed(...read.problems) : parsed(value);
  });
}

function fileSource<T>(name: string, files: readonly string[], read: () => Parsed<T>): Source<T> {
  return {
    name,
    run: ({ value, problem }, signal) =>
      new Promise((resolve) => {
        const give = (): void => {
          const result = read();
          for (const each of result.problems) problem(each);
          if (result.ok) value(result.value);
        };
        watchFiles(files, give, signal);
        signal.addEventListener('abort', () => resolve());
        give();
      }),
  };
}

function readTexts(origin: ConfigFilesOrigin): Parsed<ConfigTexts> {
  const read = reader();
  const optional = (file: string | undefined): string | undefined => (file === undefined ? undefined : read.text(file));
  const nodes = origin.nodes.flatMap((file) => read.objects(file));
  const namespaces = origin.namespaces.flatMap((file) => read.objects(file));
  const { config, values, mesh, meshDefaults } = origin;
  const texts: ConfigTexts = {
    config: read.text(config),
    values: optional(values),
    mesh: optional(mesh),
    meshDefaults: optional(meshDefaults),
    files: { config, values, mesh, meshDefaults },
    proxyConfigs: origin.proxyConfigs.flatMap((file) => read.objects(file)),
    ...(origin.nodes.length === 0 ? {} : { nodes: kubeletVersions(nodes) }),
    namespaces: Object.fromEntries(namespaces.map((object) => [textAt(object, 'metadata', 'name'), object])),
  };
  return read.problems.length > 0 ? failed(...read.problems) : parsed(texts);
}

/** Kubelet versions by the names of their nodes. */
export function kubeletVersions(nodes: readonly JsonObject[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    nodes.map((node) => [textAt(node, 'metadata', 'name'), textAt(node, 'status', 'nodeInfo', 'kubeletVersion')]),
  );
}

type Reader = {
  readonly problems: readonly Problem[];
  readonly text: (file: string) => string;
  readonly objects: (file: string) => readonly JsonObject[];
};

/** Reads on past what cannot be read, so that all of it is told at once. */
function reader(): Reader {
  const problems: Problem[] = [];
  const text = (file: string): string => {
    const bytes = readFile(file);
    if (bytes.ok) return Buffer.from(bytes.value).toString('utf8');
    problems.push({
      code: 'FILE_UNREADABLE',
      severity: 'error',
      message: bytes.failure.message,
      where: { file },
      remedy: 'Mount the file, or correct its name; it is read again as soon as it is there.',
    });
    return '';
  };
  const objects = (file: string): readonly JsonObject[] => {
    const documents = splitDocuments(text(file), { separators: 'strict', file });
    problems.push(...documents.problems);
    return (documents.ok ? documents.value : []).flatMap(({ text: source, line }) => {
      const value = parseYaml(source, { file, firstLine: line });
      problems.push(...value.problems);
      return value.ok && isObject(value.value) ? itemsOf(value.value) : [];
    });
  };
  return { problems, text, objects };
}

function itemsOf(object: JsonObject): readonly JsonObject[] {
  const items = getKey(object, 'items');
  return Array.isArray(items) ? items.filter(isObject) : [object];
}

function textAt(object: JsonObject, ...path: readonly string[]): string {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? getKey(value, key) : undefined;
  return typeof value === 'string' ? value : '';
}
