import { describe, expect, it } from 'vitest';
import { loadInjectionConfig } from '../injection/index.ts';
import type { Problem } from '../problem.ts';
import { parseRelease } from '../release.ts';
import { injectManifest, type ManifestSettings, renderManifest, renderManifestJson } from './index.ts';

const CONFIG = `templates:
  sidecar: |
    metadata: {labels: {owner: "{{ .DeploymentMeta.Name }}"}}
    spec: {containers: [{name: istio-proxy, image: "proxy:1"}]}
  broken: |
    spec: {containers: [{name: "{{ .Nothing.Here }}"}]}
`;

function settings(release = 'latest'): ManifestSettings {
  const parsed = parseRelease(release);
  if (!parsed.ok) throw new Error(release);
  const config = loadInjectionConfig({ configText: CONFIG, valuesText: '{}', release: parsed.value });
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  return {
    config: config.value,
    context: { revision: '', nativeSidecars: 'false', nodes: undefined, platform: '', compliancePolicy: '', host: {} },
    namespaces: new Map(),
  };
}

function inject(text: string, release?: string): ReturnType<typeof injectManifest> {
  return injectManifest({ name: 'app.yaml', text }, settings(release));
}

function errors(text: string, release?: string): readonly Pick<Problem, 'code' | 'message' | 'where'>[] {
  const { problems } = inject(text, release);
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message, where }) => ({ code, message, where }));
}

const pod = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n  - {name: app, image: a}\n${more}`;

describe('documents', () => {
  it('of other kinds, of comments and empty ones are printed as they stand, each with its separator', () => {
    const text = '# hello\n---\nkind: Service\nspec:   {a: 1}\n---\n\n---\nkind: DeploymentList\nitems: []';
    expect(renderManifest(inject(text))).toBe(
      '# hello\n---\nkind: Service\nspec:   {a: 1}\n---\n\n---\nkind: DeploymentList\nitems: []\n---\n',
    );
  });

  it('go by their kind alone', () => {
    const { workloads } = inject(
      'apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nspec: {template: {spec: {containers: [{name: a}]}}}\n',
    );
    expect(workloads.map(({ kind, apiVersion, outcome }) => [kind, apiVersion, outcome.kind])).toEqual([
      ['Job', 'batch.volcano.sh/v1alpha1', 'injected'],
    ]);
  });

  it('have scalars made strings where the type wants them, in Lists too, and keep integers beyond 2^53', () => {
    const item =
      '{kind: Pod, metadata: {name: Y}, spec: {terminationGracePeriodSeconds: 9007199254740993, containers: [{name: app, env: [{name: A, value: 1}, {name: B, value: true}]}]}}';
    for (const text of [`${item}\n`, `{kind: List, items: [${item}]}\n`]) {
      const out = renderManifest(inject(text));
      expect(out).toContain('name: "true"');
      expect(out).toContain('value: "1"');
      expect(out).toContain('value: "true"');
      expect(out).toContain('terminationGracePeriodSeconds: 9007199254740993');
    }
  });

  it('are found in Lists in Lists', () => {
    const inner = pod('inner').replaceAll(/^/gm, '    ').trim();
    const { workloads } = inject(`kind: List\nitems:\n- kind: List\n  items:\n  - ${inner}\n- kind: Secret\n`);
    expect(workloads.map(({ name, pointer }) => [name, pointer])).toEqual([['inner', '/items/0/items/0']]);
  });

  it('of a CronJob get their metadata at the job template', () => {
    const cron =
      'kind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}\n';
    const [document] = inject(cron).documents;
    expect(document).toMatchObject({
      after: { spec: { jobTemplate: { metadata: { labels: { owner: 'c' } }, spec: { template: { metadata: {} } } } } },
    });
  });
});

describe('problems', () => {
  it('of all documents are told, each with its line and pointer', () => {
    const text = [
      pod('one'),
      'kind: ReplicationController\nmetadata: {name: rc}\n',
      pod('two').replace('{name: app, image: a}', '{name: app, image: [a]}'),
      'kind: Deployment\nspec:\n  template:\n    spec:\n      containers: []\n',
      'kind: Pod\nspec: [\n',
      '- a list\n',
    ].join('---\n');
    expect(errors(text)).toEqual([
      {
        code: 'POD_INVALID',
        message: 'spec.template is required value',
        where: { file: 'app.yaml', line: 8, column: 1, pointer: '/spec' },
      },
      {
        code: 'POD_INVALID',
        message: 'json: cannot unmarshal array into Go struct field Pod.spec.containers.image of type string',
        where: { file: 'app.yaml', line: 16, column: 17, pointer: '/spec/containers/0/image' },
      },
      {
        code: 'POD_INVALID',
        message: 'the pod template of the Deployment has no containers',
        where: { file: 'app.yaml', line: 22, column: 7, pointer: '/spec/template/spec/containers' },
      },
      {
        code: 'YAML_SYNTAX',
        message: expect.stringMatching(/^yaml: line \d+: /),
        where: expect.objectContaining({ file: 'app.yaml' }),
      },
      {
        code: 'POD_INVALID',
        message: 'a Kubernetes object is a mapping, and this document is a list',
        where: { file: 'app.yaml', line: 27, column: 1, pointer: '' },
      },
    ]);
    expect(inject(text).documents.map(({ kind }) => kind)).toEqual([
      'object',
      'failed',
      'failed',
      'failed',
      'failed',
      'failed',
    ]);
  });

  it('of an item of a List carry its pointer', () => {
    const text = 'kind: List\nitems:\n- kind: Secret\n- kind: Pod\n  spec:\n    containers:\n    - name: {}\n';
    expect(errors(text)[0]?.where).toEqual({
      file: 'app.yaml',
      line: 7,
      column: 7,
      pointer: '/items/1/spec/containers/0/name',
    });
  });

  it('of a template stay with the template', () => {
    const text = pod('x').replace('{name: x}', '{name: x, annotations: {inject.istio.io/templates: broken}}');
    const list = `kind: List\nitems:\n- ${text.replaceAll('\n', '\n  ').trim()}\n`;
    for (const [problem] of [errors(text), errors(list)]) {
      expect(problem?.where).toMatchObject({ file: 'template broken', line: 1, pointer: '/templates/broken' });
    }
  });

  it('of separators: text behind --- is refused from 1.9 on', () => {
    const text = `${pod('a')}--- # fine\n${pod('b')}--- what\n${pod('c')}`;
    expect(errors(text)).toEqual([
      {
        code: 'YAML_SYNTAX',
        message: 'invalid Yaml document separator: what',
        where: { file: 'app.yaml', line: 14, column: 4 },
      },
    ]);
  });

  it('of workloads that are left alone are warnings in the words of the release', () => {
    const host = pod('h', '  hostNetwork: true\n');
    const messages = (release?: string): readonly string[] =>
      inject(host, release).problems.map(({ message }) => message);
    expect(messages()).toEqual(['Skipping injection because Pod "h" has host networking enabled']);
    expect(inject(host).workloads[0]?.outcome.kind).toBe('skipped');
  });

  it('in ten thousand items take no longer than a walk through the text', () => {
    const items = Array.from(
      { length: 10_000 },
      (_, i) => `- {kind: Pod, metadata: {name: p${i}}, spec: {containers: []}}\n`,
    );
    const found = errors(`kind: List\nitems:\n${items.join('')}`);
    expect(found).toHaveLength(10_000);
    expect(found.at(-1)?.where).toMatchObject({ line: 10_002, pointer: '/items/9999/spec/containers' });
  });
});

describe('renderManifestJson', () => {
  it('is the object where there is one', () => {
    const value = JSON.parse(renderManifestJson(inject(`# c\n---\n${pod('x')}`))) as { kind: string };
    expect(value.kind).toBe('Pod');
  });

  it('is a List where there are several, other kinds among them', () => {
    const value = JSON.parse(renderManifestJson(inject(`${pod('x')}---\nkind: Secret\n`))) as {
      kind: string;
      items: { kind: string }[];
    };
    expect([value.kind, ...value.items.map(({ kind }) => kind)]).toEqual(['List', 'Pod', 'Secret']);
  });
});
