/** `remora install`, `uninstall` and `tag` without a cluster: what is printed, and what is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { parseYaml, splitDocuments } from '../../src/core/kube/index.ts';
import { configWith, folderWith, type Ran, remora } from './remora.ts';

const folder = folderWith({
  'config.yaml': configWith('spec:\n  containers:\n  - name: istio-proxy\n    image: {{ .Values.image }}'),
  'values.json': '{"image":"example/proxy:1"}',
  'mesh.yaml': 'rootNamespace: mesh\n',
  'map.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector}
data:
  config: |
    ${configWith('spec:\n  containers:\n  - name: istio-proxy\n    image: {{ .Values.image }}').replaceAll('\n', '\n    ')}
  values: '{"image":"example/proxy:2"}'
`,
  'broken.yaml': configWith('spec: {{ .Nothing.At.All }}'),
  'unparsed.yaml': configWith('spec: {{ if }}'),
  // Nobody listens there.
  kubeconfig: JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'away', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'me', user: { token: 'x' } }],
    contexts: [{ name: 'away', context: { cluster: 'away', user: 'me' } }],
    'current-context': 'away',
  }),
});

const run = (...args: readonly string[]): Ran => remora(args, { in: folder });

function objectsOf({ code, stdout, stderr }: Ran): readonly JsonObject[] {
  expect([code, stderr]).toEqual([0, '']);
  const documents = splitDocuments(stdout, { separators: 'strict' });
  if (!documents.ok) throw new Error(JSON.stringify(documents.problems));
  return documents.value.map(({ text }) => {
    const read = parseYaml(text);
    if (!read.ok || !isObject(read.value)) throw new Error(text);
    return read.value;
  });
}

function dataOf(ran: Ran, name: string): unknown {
  return objectsOf(ran).find((each) => each.kind === 'ConfigMap' && (each.metadata as JsonObject).name === name)?.data;
}

describe('install prints', () => {
  it('YAML and JSON of the same objects', () => {
    const yaml = objectsOf(run('install', '--revision=canary'));
    const json = run('install', '--revision=canary', '-o', 'json');
    expect(json.code).toBe(0);
    expect(yaml).toEqual((JSON.parse(json.stdout) as { readonly items: unknown }).items);
    expect(yaml.map(({ kind }) => kind)).toEqual([
      'Namespace',
      'ServiceAccount',
      'Role',
      'RoleBinding',
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'ConfigMap',
      'Service',
      'PodDisruptionBudget',
      'Deployment',
      'MutatingWebhookConfiguration',
    ]);
  });

  it('revision default for the default revision, which has no name', () => {
    expect(run('install', '--revision=default').stdout).toBe(run('install').stdout);
  });

  it('every option that there is', () => {
    const [deployment, configuration] = ['Deployment', 'MutatingWebhookConfiguration'].map((kind) =>
      JSON.stringify(
        objectsOf(
          run(
            ...['install', '-n', 'mesh', '-r', 'canary', '--image=example/w:1', '--replicas=5', '--certManager'],
            ...['--failurePolicy=Ignore', '--reinvocationPolicy=Never', '--timeoutSeconds=3', '--nativeSidecars=false'],
            ...['--platform=openshift', '--priorityClassName='],
          ),
        ).find((each) => each.kind === kind),
      ),
    );
    for (const part of [
      '"namespace":"mesh"',
      '"image":"example/w:1"',
      '"replicas":5',
      '"--revision=canary"',
      '"--nativeSidecars=false"',
      '"--platform=openshift"',
      '"--tlsCertFile=/etc/remora/tls/tls.crt"',
    ]) {
      expect(deployment).toContain(part);
    }
    for (const part of ['priorityClassName', 'runAsUser']) expect(deployment).not.toContain(part);
    for (const part of [
      '"failurePolicy":"Ignore"',
      '"reinvocationPolicy":"Never"',
      '"timeoutSeconds":3',
      '"cert-manager.io/inject-ca-from":"mesh/remora-webhook-tls-canary"',
      '"name":"remora-sidecar-injector-canary-mesh"',
    ]) {
      expect(configuration).toContain(part);
    }
  });

  it('no namespace where one is there', () => {
    const kinds = (...args: readonly string[]): unknown => objectsOf(run('install', ...args))[0]?.kind;
    expect([kinds(), kinds('--createNamespace=false'), kinds('-n', 'kube-system')]).toEqual([
      'Namespace',
      'ServiceAccount',
      'ServiceAccount',
    ]);
  });

  it('the hub before the images of webhook and sidecar', () => {
    const ran = run('install', '--hub=registry.example/mesh');
    expect(objectsOf(ran).length).toBeGreaterThan(10);
    expect(ran.stdout).toMatch(/image: registry\.example\/mesh\/webhook:\d/);
    expect(ran.stdout).toContain('"hub":"registry.example/mesh"');
  });

  it('your own configuration as it is: files, or a whole config map with its values', () => {
    const files = ['--injectConfigFile=config.yaml', '--valuesFile=values.json', '--meshConfigFile=mesh.yaml'];
    const config = readFileSync(join(folder, 'config.yaml'), 'utf8');
    expect(dataOf(run('install', ...files), 'istio-sidecar-injector')).toEqual({
      config,
      values: '{"image":"example/proxy:1"}',
    });
    expect(dataOf(run('install', ...files), 'istio')).toEqual({ mesh: 'rootNamespace: mesh\n' });
    expect(dataOf(run('install', '--injectConfigFile=map.yaml'), 'istio-sidecar-injector')).toMatchObject({
      values: '{"image":"example/proxy:2"}',
    });
  });
});

describe('install refuses', () => {
  it.each([
    ['a template that fails with any pod', ['--injectConfigFile=broken.yaml'], 'TEMPLATE_EXEC'],
    ['a template that does not parse', ['--injectConfigFile=unparsed.yaml'], 'TEMPLATE_PARSE'],
    ['a file that is not there', ['--injectConfigFile=absent.yaml'], 'FILE_UNREADABLE'],
    ['a release that there is not', ['--compat=9.9'], 'RELEASE_UNKNOWN'],
    ['a cluster that nobody knows', ['--apply'], 'CLUSTER_CONFIG'],
    ['a cluster that does not answer', ['--apply', '--kubeconfig=kubeconfig'], 'CLUSTER_UNREACHABLE'],
  ])('%s: with exit code 1, and nothing on standard output', (_name, args, code) => {
    const ran = run('install', ...args);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toContain(`error ${code}: `);
    expect(ran.stderr).toMatch(/^ {2}(fix:|at) /m);
  });

  it('another injector of the same role, where the configurations of the cluster are given', () => {
    const istiod = run('install', '-n', 'istio-system', '-o', 'json').stdout.replaceAll('"remora', '"istio');
    const where = folderWith({ 'cluster.json': istiod });
    const beside = (...args: readonly string[]): Ran =>
      remora(['install', '--webhookConfigFile=cluster.json', ...args], { in: where });
    const refused = beside();
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain(
      'error INJECTOR_CONFLICT: MutatingWebhookConfiguration istio-sidecar-injector-istio-system injects namespaces labelled istio-injection=enabled',
    );
    const forced = beside('--force');
    expect([forced.code, forced.stdout]).toEqual([0, run('install').stdout]);
    expect(forced.stderr).toContain('warning INJECTOR_CONFLICT');
    expect(objectsOf(beside('--revision=canary')).length).toBeGreaterThan(10);
    expect(beside('--webhookConfigFile=absent').code).toBe(1);
  });

  it.each([
    ['--timeoutSeconds=31', '--timeoutSeconds wants a number from 1 to 30, and has "31"'],
    ['--replicas=0', '--replicas wants a number from 1 to 100, and has "0"'],
    ['--failurePolicy=Maybe', '--failurePolicy'],
    ['--createNamespace=perhaps', '--createNamespace'],
    ['--namespace=A', '--namespace "A" is no name'],
    ['--wait=long', '--wait'],
  ])('%s: with exit code 2', (flag, said) => {
    const ran = run('install', flag);
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(said);
  });
});

describe('tag', () => {
  it.each([
    [['set'], 'must provide a tag for modification'],
    [['set', 'a', 'b', '-r', 'x'], 'must provide a single tag for creation'],
    [['generate', 'prod'], 'required flag(s) "revision" not set'],
    [['set', 'Prod', '-r', 'x'], '"Prod" is no name'],
    [['remove'], 'must provide a tag for removal'],
    [['remove', 'a', 'b'], 'must provide a single tag for removal'],
    [['list', 'a'], 'tag list command does not accept arguments'],
    [[], 'tag wants set, generate, list or remove'],
  ])('%j: %s', (args, said) => {
    const ran = run('tag', ...args);
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(said);
  });

  it("takes istioctl's flags", () => {
    const flags = ['--overwrite', '-d', 'manifests', '--webhook-name=x', '--auto-inject-namespaces', '-y'];
    const ran = run('tag', 'set', 'prod', '-r', 'x', ...flags, '--kubeconfig=kubeconfig');
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toContain('CLUSTER_UNREACHABLE');
  });
});

it.each([['uninstall'], ['tag', 'list']].map((args) => [args]))('%j without a cluster says how to name one', (args) => {
  const ran = run(...args);
  expect([ran.code, ran.stdout]).toEqual([1, '']);
  expect(ran.stderr).toContain('fix: Name a kubeconfig with --kubeconfig');
});
