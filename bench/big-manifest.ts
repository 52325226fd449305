import { type DocumentEdit, editWithRecord, planEdits } from '../src/core/edit/index.ts';
import { isObject, type JsonObject } from '../src/core/json.ts';
import { parseYaml, type SourceDocument, splitDocuments } from '../src/core/kube/index.ts';
import { failed, type Parsed, parsed } from '../src/core/problem.ts';
import { metadataOf, objectAt, take } from '../test/conformance/webhook.ts';
import { type Figure, interleaved } from './measure.ts';

const MB = 1_000_000;

/** Big manifests: read as kube-inject does, and edited in place, at 5 and at 10 MB. */
export function bigManifestFigures(): readonly Figure[] {
  const texts = [5, 10].map((size) => manifest(size * MB));
  const [read5 = Number.NaN, read10 = Number.NaN] = interleaved(
    texts.map((text) => () => read(text)),
    { runs: 3 },
  );
  const [edit5 = Number.NaN, edit10 = Number.NaN] = interleaved(
    texts.map((text) => () => edit(text)),
    { warm: 0, runs: 1 },
  );
  return [
    { name: 'read 5 MB', value: read5, unit: 'ms', note: 'a stream of Deployments' },
    { name: 'read 10 MB', value: read10, unit: 'ms' },
    { name: 'reading, growth', value: read10 / read5, unit: '×', aim: 'linear, 2' },
    { name: 'edit 5 MB in place', value: edit5, unit: 'ms', note: 'a label and an annotation in each document' },
    { name: 'edit 10 MB in place', value: edit10, unit: 'ms' },
    { name: 'editing, growth', value: edit10 / edit5, unit: '×', aim: 'linear, 2' },
  ];
}

function read(text: string): readonly JsonObject[] {
  return documentsOf(text).flatMap(({ text: document }) => {
    const value = take(parseYaml(document));
    return isObject(value) ? [value] : [];
  });
}

/** What `--in-place` does to a file, with a change of a known size in place of a sidecar. */
function edit(text: string): string {
  const edits = documentsOf(text).flatMap(({ text: document, line }): DocumentEdit[] => {
    const before = take(parseYaml(document));
    if (!isObject(before)) return [];
    return [{ line, lines: document.split('\n').length - 1, before, after: changed(before), read: readObject }];
  });
  return editWithRecord(text, take(planEdits(text, edits)));
}

function readObject(text: string): Parsed<JsonObject> {
  const value = take(parseYaml(text));
  return isObject(value) ? parsed(value) : failed();
}

function documentsOf(text: string): readonly SourceDocument[] {
  return take(splitDocuments(text, { separators: 'strict' }));
}

function changed(workload: JsonObject): JsonObject {
  const spec = objectAt(workload, 'spec');
  const template = objectAt(spec, 'template');
  const metadata = metadataOf(template);
  const labels = { ...objectAt(metadata, 'labels'), 'bench/added': 'yes' };
  const annotations = { 'bench/added': 'yes' };
  const labelled = { ...template, metadata: { ...metadata, labels, annotations } };
  return { ...workload, spec: { ...spec, template: labelled } };
}

function manifest(size: number): string {
  const documents: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const document = deployment(i);
    documents.push(document);
    length += document.length;
  }
  return documents.join('---\n');
}

function deployment(i: number): string {
  const env = Array.from(
    { length: 20 },
    (_, n) => `        - name: VARIABLE_${n}\n          value: "value ${n}" # ${n}\n`,
  );
  return `# Workload ${i}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${i}
spec:
  replicas: ${(i % 5) + 1}
  selector:
    matchLabels: {app: app-${i}}
  template:
    metadata:
      labels:
        app: app-${i}
    spec:
      containers:
      - name: app
        image: registry.example/app:${i}
        ports: [{containerPort: 8080, name: http}]
        readinessProbe:
          httpGet: {path: /ready, port: http}
        env:
${env.join('')}`;
}
