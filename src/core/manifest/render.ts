import type { JsonValue } from '../json.ts';
import { emitYaml, parseYaml } from '../kube/index.ts';
import type { DocumentResult, ManifestResult } from './model.ts';

/**
 * The text that `istioctl kube-inject` prints: every object as Go's YAML, every other document as it was, and a line
 * `---` after each, also after the last.
 */
export function renderManifest({ documents }: Pick<ManifestResult, 'documents'>): string {
  return documents.map((document) => `${documentText(document)}---\n`).join('');
}

function documentText(document: DocumentResult): string {
  return document.kind === 'object' ? emitYaml(document.after) : document.source.text;
}

/**
 * The same as JSON with two blanks, for a machine: one object by itself, several as the items of a `v1` List, as
 * `kubectl get -o json` does. Documents without content are left out.
 */
export function renderManifestJson({ documents }: Pick<ManifestResult, 'documents'>): string {
  const objects = documents.map(jsonOf).filter((value) => value !== null);
  const [only = null] = objects;
  const value: JsonValue =
    objects.length === 1 ? only : { apiVersion: 'v1', items: objects, kind: 'List', metadata: {} };
  return `${JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? Number(item) : item), 2)}\n`;
}

function jsonOf(document: DocumentResult): JsonValue {
  if (document.kind === 'object') return document.after;
  const value = parseYaml(document.source.text);
  return value.ok ? value.value : null;
}
