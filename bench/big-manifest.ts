import { builtinConfig, type InjectionConfig, loadInjectionConfig } from '../src/core/injection/index.ts';
import { isObject, type JsonObject } from '../src/core/json.ts';
import { parseYaml, type SourceDocument, splitDocuments } from '../src/core/kube/index.ts';
import { injectInPlace } from '../src/core/manifest/index.ts';
import { parseRelease } from '../src/core/release.ts';
import { take } from '../test/conformance/webhook.ts';
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
    { name: 'inject 5 MB in place', value: edit5, unit: 'ms', note: 'injected with the built-in configuration' },
    { name: 'inject 10 MB in place', value: edit10, unit: 'ms' },
    { name: 'in place, growth', value: edit10 / edit5, unit: '×', aim: 'linear, 2' },
  ];
}

function read(text: string): readonly JsonObject[] {
  return documentsOf(text).flatMap(({ text: document }) => {
    const value = take(parseYaml(document));
    return isObject(value) ? [value] : [];
  });
}

/** All that `kube-inject --in-place` does between reading the file and writing it. */
function edit(text: string): string {
  const settings = { config: laptopConfig(), context: CONTEXT, namespaces: new Map() };
  return take(injectInPlace({ name: 'big.yaml', text }, settings)).text;
}

const CONTEXT = { revision: '', nativeSidecars: 'false', platform: '', compliancePolicy: '', host: {} } as const;

/** What is used without configuration files. */
function laptopConfig(): InjectionConfig {
  return take(loadInjectionConfig({ ...builtinConfig({ tag: 'bench' }), release: take(parseRelease('latest')) }));
}

function documentsOf(text: string): readonly SourceDocument[] {
  return take(splitDocuments(text, { separators: 'strict' }));
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
