/** The Helm chart, rendered by real helm: equal in effect to `remora install`, value by flag. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CHART, chartFiles } from '../../scripts/chart-files.ts';
import { builtinConfig } from '../../src/core/injection/index.ts';
import { INSTALL_DEFAULTS, type InstallOptions, installObjects } from '../../src/core/install/index.ts';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { parseYaml, splitDocuments } from '../../src/core/kube/index.ts';

type Tools = { readonly helm?: string; readonly missing?: string };

const asked = spawnSync(
  process.execPath,
  [
    '--input-type=module',
    '-e',
    "import { kubectlAndHelm } from './scripts/cluster-tools.mjs'; console.log(JSON.stringify(kubectlAndHelm()))",
  ],
  { encoding: 'utf8' },
);
const tools: Tools = asked.status === 0 ? (JSON.parse(asked.stdout) as Tools) : { missing: asked.stderr };
const strict = process.env.REMORA_STRICT === '1';
const scratch = mkdtempSync(join(tmpdir(), 'remora-helm-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

if (tools.missing !== undefined) {
  describe('helm', () => {
    if (strict) it('can run here', () => expect.fail(`not run: ${tools.missing}`));
    else it.skip(`not run: ${tools.missing}`, () => {});
  });
}

type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function helm(...args: readonly string[]): Ran {
  const run = spawnSync(tools.helm ?? 'helm', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    // Its caches and settings are of no interest here, and neither is whoever runs the tests.
    env: { PATH: process.env.PATH, HOME: scratch, HELM_NO_PLUGINS: '1' },
  });
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}

type Values = Readonly<Record<string, string | number | boolean>>;

function template(values: Values, namespace = 'remora-system'): Ran {
  const file = join(scratch, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  return helm('template', 'remora', CHART, '--namespace', namespace, '--values', file);
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };

/** What `remora install` makes of the flags of the same names. */
function wanted(values: Values, namespace: string): readonly JsonObject[] {
  const { hub, tag = version, image, injectConfig, injectValues, meshConfig = '', ...rest } = values;
  const builtin = builtinConfig({ tag: String(tag), ...(hub === undefined ? {} : { hub: String(hub) }) });
  const options = {
    ...INSTALL_DEFAULTS,
    namespace,
    image: image ?? `${hub ?? 'remora'}/webhook:${tag}`,
    config: injectConfig ?? builtin.configText,
    values: injectValues ?? (injectConfig === undefined ? builtin.valuesText : '{}'),
    mesh: meshConfig,
    ...rest,
  } as InstallOptions;
  return installObjects(options);
}

/** Helm puts labels of its own, makes the namespace itself (`--create-namespace`), and sorts keys of JSON text. */
function comparable(objects: readonly JsonObject[]): Readonly<Record<string, unknown>> {
  const plain = JSON.parse(JSON.stringify(objects), (key, value: unknown) => {
    if (key === 'values' && typeof value === 'string') return JSON.parse(value) as unknown;
    if (key !== 'labels' || !isObject(value as never)) return value;
    const { 'helm.sh/chart': _chart, 'app.kubernetes.io/managed-by': _manager, ...labels } = value as JsonObject;
    return labels;
  }) as readonly { kind: string; metadata: { name: string; namespace?: string } }[];
  return Object.fromEntries(
    plain
      .filter(({ kind }) => kind !== 'Namespace')
      .map((object) => [`${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, object]),
  );
}

function objectsOf(text: string): readonly JsonObject[] {
  const documents = splitDocuments(text, { separators: 'strict' });
  if (!documents.ok) throw new Error(JSON.stringify(documents.problems));
  return documents.value.flatMap((document) => {
    const read = parseYaml(document.text);
    if (!read.ok) throw new Error(`${JSON.stringify(read.problems)} in\n${document.text}`);
    return isObject(read.value) ? [read.value] : [];
  });
}

const CONFIG = 'policy: enabled\ntemplates:\n  sidecar: |\n    spec:\n      # {{ .Values.x }}\n      containers: []\n';

/** Each option alone, then together. */
const CASES: readonly [what: string, values: Values, namespace?: string][] = [
  ['the defaults', {}],
  ['another namespace', {}, 'mesh'],
  ['a namespace that looks like a number', {}, '0123'],
  ['a namespace that is never injected anyway', {}, 'local-path-storage'],
  ['a revision', { revision: 'canary' }],
  ['a revision that looks like a number', { revision: '1' }],
  ['a hub and a tag', { hub: 'registry.example/mesh', tag: 'v9' }],
  ['an image', { image: 'registry.example/webhook@sha256:0123' }],
  ['one replica', { replicas: 1 }],
  ['five replicas', { replicas: 5 }],
  ['no priority', { priorityClassName: '' }],
  ['failurePolicy', { failurePolicy: 'Ignore' }],
  ['reinvocationPolicy', { reinvocationPolicy: 'Never' }],
  ['timeoutSeconds', { timeoutSeconds: 30 }],
  ['enableNamespacesByDefault', { enableNamespacesByDefault: true }],
  [
    'enableNamespacesByDefault of a revision, which has no say',
    { enableNamespacesByDefault: true, revision: 'canary' },
  ],
  ['native sidecars on', { nativeSidecars: 'true' }],
  ['native sidecars off', { nativeSidecars: 'false' }],
  ['OpenShift', { platform: 'openshift' }],
  ['a platform with strange characters', { platform: 'a: "b" #c' }],
  ['a release', { compat: '1.20' }],
  ['cert-manager', { certManager: true }],
  ['a configuration', { injectConfig: CONFIG }],
  ['a configuration with values', { injectConfig: CONFIG, injectValues: '{"x":"<&>"}' }],
  ['values for our own configuration', { injectValues: '{"global":{}}' }],
  ['a mesh configuration', { meshConfig: 'rootNamespace: mesh\n' }],
  [
    'all together',
    {
      revision: 'canary',
      certManager: true,
      platform: 'openshift',
      nativeSidecars: 'true',
      replicas: 1,
      priorityClassName: 'high',
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'Never',
      timeoutSeconds: 1,
      compat: '1.20',
      image: 'x/y:1',
      injectConfig: CONFIG,
      injectValues: '{}',
      meshConfig: 'rootNamespace: mesh',
    },
    'mesh',
  ],
  [
    'all of the default revision',
    { certManager: true, platform: 'openshift', enableNamespacesByDefault: true },
    'mesh',
  ],
];

describe.runIf(tools.missing === undefined)('the Helm chart', () => {
  it('is accepted by helm lint --strict', () => {
    const ran = helm('lint', '--strict', CHART);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
  });

  it('has the version and the configuration of the program (npm run docs)', () => {
    for (const { file, present, wanted: text } of chartFiles()) expect(present, file).toBe(text);
  });

  it.each(CASES)('renders what remora install prints: %s', (...[, values, namespace = 'remora-system']) => {
    const ran = template(values, namespace);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(comparable(objectsOf(ran.stdout))).toEqual(comparable(wanted(values, namespace)));
  });

  it('every value is in one of the cases, and every option of an installation is a value', () => {
    const shown = objectsOf(readFileSync(`${CHART}/values.yaml`, 'utf8'))[0] ?? {};
    const tried = new Set(CASES.flatMap(([, values]) => Object.keys(values)));
    expect(Object.keys(shown).filter((key) => !tried.has(key))).toEqual([]);
    const schema = JSON.parse(readFileSync(`${CHART}/values.schema.json`, 'utf8')) as { readonly properties: object };
    expect(Object.keys(schema.properties).sort()).toEqual([...Object.keys(shown), 'global'].sort());
    // The namespace is the release's, and made by helm or not.
    const options = Object.keys(INSTALL_DEFAULTS).filter((key) => key !== 'namespace' && key !== 'createNamespace');
    expect(options.filter((key) => !(key in shown))).toEqual([]);
    for (const key of options) expect(shown[key], key).toEqual(INSTALL_DEFAULTS[key as keyof typeof INSTALL_DEFAULTS]);
  });

  it.each([
    ['a value that there is not', { replica: 3 }, 'replica'],
    ['a policy that there is not', { failurePolicy: 'Maybe' }, '/failurePolicy'],
    ['a time-out that the API server refuses', { timeoutSeconds: 31 }, '/timeoutSeconds'],
    ['no replicas', { replicas: 0 }, '/replicas'],
    ['text for a switch', { certManager: 'yes' }, '/certManager'],
    ['a revision that is no name', { revision: 'A_b' }, '/revision'],
    ['a revision named default, which is the empty one', { revision: 'default' }, '/revision'],
  ])('%s is refused by the schema', (_name, values, said) => {
    const ran = template(values as Values);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("values don't meet the specifications of the schema");
    expect(ran.stderr).toContain(said);
  });
});
