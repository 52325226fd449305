/** kube-inject and uninject as a user runs them: what is read, what is written, and where. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, configWith, deployment, folderWith, type Ran, remora } from './remora.ts';

const SERVICE = '# passed through\nkind: Service\nmetadata: {name: s}\n';

function ok(run: Ran): string {
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
  return run.stdout;
}

describe('reading', () => {
  it('a file, standard input, and both by repeating -f', () => {
    const folder = folderWith({ 'app.yaml': deployment(), 's.yaml': SERVICE });
    const file = ok(remora(['kube-inject', '-f', 'app.yaml'], { in: folder }));
    expect(file).toContain('name: istio-proxy');
    expect(ok(remora(['inject', '--filename=-'], { in: folder, stdin: deployment() }))).toBe(file);
    const both = ok(remora(['inject', '-f', 'app.yaml', '-f', '-'], { in: folder, stdin: SERVICE }));
    expect(both).toBe(`${file}${SERVICE}---\n`);
  });

  it('the manifests of a folder by name, and nothing else in it', () => {
    const folder = folderWith({
      'd/b.yml': 'kind: B\n',
      'd/a.yaml': 'kind: A\n',
      'd/c.json': '{"kind": "C"}\n',
      'd/readme.md': 'no manifest',
      'd/deeper/e.yaml': 'kind: E\n',
    });
    expect(ok(remora(['inject', '-f', 'd'], { in: folder }))).toBe('kind: A\n---\nkind: B\n---\n{"kind": "C"}\n---\n');
  });

  it('config maps in every form, and both in one List', () => {
    const config = configWith(
      'spec:\n  containers:\n  - name: p\n    image: {{ .Values.hub }}/{{ .MeshConfig.TrustDomain }}',
    );
    const map = (name: string, data: Readonly<Record<string, string>>) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data,
    });
    const injector = map('istio-sidecar-injector', { config, values: '{"hub": "from-map"}' });
    const mesh = map('istio', { mesh: 'trustDomain: td', meshNetworks: '' });
    const other = map('istio-sidecar-injector-canary', { config: configWith('spec: {}'), values: '{"hub": "canary"}' });
    const bare = 'spec:\n  containers:\n  {{- if true }}\n  - name: p\n    image: from-bare/x\n  {{- end }}\n';
    const folder = folderWith({
      'app.yaml': deployment(),
      'compact.json': JSON.stringify(injector),
      'flow.yaml': `{apiVersion: v1, kind: ConfigMap, data: {config: ${JSON.stringify(config)}, values: '{"hub": "from-flow"}'}}\n`,
      'mesh.json': JSON.stringify(mesh),
      'list.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [mesh, other, injector] }),
      'two.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [other, map('istio-sidecar-injector-x', injector.data)],
      }),
      'bare.tpl': bare,
      'bare.yaml': 'spec: {containers: [{name: p, image: from-yaml/x}]}\n',
    });
    const run = (...args: readonly string[]) => remora(['inject', '-f', 'app.yaml', ...args], { in: folder });
    const image = (...args: readonly string[]): string | undefined => /image: (from\S+)/.exec(ok(run(...args)))?.[1];
    expect(image('--injectConfigFile', 'compact.json')).toBe('from-map/cluster.local');
    expect(image('--injectConfigFile', 'compact.json', '--meshConfigFile', 'mesh.json')).toBe('from-map/td');
    expect(image('--injectConfigFile', 'flow.yaml')).toBe('from-flow/cluster.local');
    expect(image('--injectConfigFile', 'flow.yaml', '--valuesFile', 'compact.json')).toBe('from-map/cluster.local');
    const all = ['--injectConfigFile', 'list.json', '--valuesFile', 'list.json', '--meshConfigFile', 'list.json'];
    expect(image(...all)).toBe('from-map/td');
    expect(run('--injectConfigFile', 'two.json').stderr).toContain(
      'several config maps have the key "config": istio-sidecar-injector-canary, istio-sidecar-injector-x\n  at two.json\n',
    );
    expect(image('--injectConfigFile', 'bare.tpl')).toBe('from-bare/x');
    expect(image('--injectConfigFile', 'bare.yaml')).toBe('from-yaml/x');
  });

  it('configuration as files, as whole config maps, and from an operator', () => {
    const config = configWith('spec:\n  containers:\n  - name: istio-proxy\n    image: {{ .Values.global.hub }}/p');
    const block = (text: string): string => `|\n    ${text.replaceAll('\n', '\n    ')}`;
    const folder = folderWith({
      'app.yaml': deployment(),
      'config.yaml': config,
      'values.json': '{"global": {"hub": "from-values"}}',
      'map.yaml': `kind: ConfigMap\ndata:\n  config: ${block(config)}\n  values: '{"global": {"hub": "from-map"}}'\n`,
      'operator.yaml': 'kind: IstioOperator\nspec: {values: {global: {hub: from-operator}}}\n',
    });
    const image = (...args: readonly string[]): string | undefined =>
      /image: (from\S+)/.exec(ok(remora(['inject', '-f', 'app.yaml', ...args], { in: folder })))?.[1];
    expect(image('--injectConfigFile', 'config.yaml', '--valuesFile', 'values.json')).toBe('from-values/p');
    expect(image('--injectConfigFile', 'map.yaml')).toBe('from-map/p');
    expect(image('--injectConfigFile', 'map.yaml', '--valuesFile', 'values.json')).toBe('from-values/p');
    const all = [
      '--injectConfigFile',
      'map.yaml',
      '--valuesFile',
      'values.json',
      '--operatorFileName',
      'operator.yaml',
    ];
    expect(image(...all)).toBe('from-operator/p');
  });

  it('a built-in configuration, with images and values of the user', () => {
    const folder = folderWith({ 'app.yaml': deployment(), 'values.yaml': 'global: {hub: example.org/mine}\n' });
    const run = (...args: readonly string[]): string =>
      ok(remora(['inject', '-f', 'app.yaml', ...args], { in: folder }));
    expect(run()).toContain('image: remora/proxy:');
    expect(run('--proxyImage', 'example.org/p:1', '--initImage', 'example.org/i:1')).toMatch(
      /example.org\/p:1[\s\S]*example.org\/i:1/,
    );
    expect(run('--valuesFile', 'values.yaml')).toContain('image: example.org/mine/proxy:');
  });

  it('ProxyConfig resources, by namespace and selector, as they count in a cluster', () => {
    const resource = (namespace: string, spec: string): string =>
      `kind: ProxyConfig\nmetadata: {name: p, namespace: ${namespace}}\nspec: ${spec}\n`;
    const folder = folderWith({
      'app.yaml': deployment().replace('  name: app\n', '  name: app\n  namespace: mine\n'),
      'c.yaml': configWith('metadata: {labels: {count: "{{ .ProxyConfig.Concurrency.GetValue }}"}}'),
      'mesh.yaml': 'defaultConfig: {concurrency: 1}\n',
      'root.yaml': resource('istio-system', '{concurrency: 3}'),
      'other.yaml': resource('other', '{concurrency: 4}'),
      'mine.yaml': `${resource('mine', '{concurrency: 5}')}---\n${resource('mine', '{concurrency: 6, selector: {matchLabels: {app: x}}}')}`,
      'pod.yaml': resource('mine', '{concurrency: 7, selector: {matchLabels: {app: app}}}'),
    });
    const concurrency = (...files: readonly string[]): string | undefined => {
      const flags = ['--injectConfigFile', 'c.yaml', '--meshConfigFile', 'mesh.yaml'];
      const given = files.flatMap((name) => ['--proxyConfigFile', `${name}.yaml`]);
      return /count: "(\d)"/.exec(ok(remora(['inject', '-f', 'app.yaml', ...flags, ...given], { in: folder })))?.[1];
    };
    expect(concurrency()).toBe('1');
    expect(concurrency('root')).toBe('3');
    expect(concurrency('root', 'other')).toBe('3');
    expect(concurrency('mine', 'root')).toBe('5');
    expect(concurrency('pod', 'mine', 'root')).toBe('7');
  });

  it("environment of the process, for a template's env", () => {
    const folder = folderWith({
      'app.yaml': deployment(),
      'c.yaml': configWith('metadata: {labels: {e: {{ env "FROM_OUTSIDE" "none" | quote }}}}'),
    });
    const run = (env: Record<string, string>): string =>
      ok(remora(['inject', '-f', 'app.yaml', '--injectConfigFile', 'c.yaml'], { in: folder, env }));
    expect(run({ FROM_OUTSIDE: 'yes' })).toMatch(/^\s+e: "?yes"?$/m);
    expect(run({})).toMatch(/^\s+e: none$/m);
  });

  it('nodes, namespaces, and the flags of istioctl that make no difference', () => {
    const node = (version: string): string =>
      `kind: Node\nmetadata: {name: n${version}}\nstatus: {nodeInfo: {kubeletVersion: ${version}}}\n`;
    const folder = folderWith({
      'app.yaml': deployment(),
      'old.yaml': node('v1.28.1'),
      'new.yaml': node('v1.33.0'),
      'c.yaml': configWith('metadata: {labels: {native: "{{ .NativeSidecars }}"}}'),
    });
    const native = (...args: readonly string[]): string | undefined =>
      /native: "(\w+)"/.exec(
        ok(remora(['inject', '-f', 'app.yaml', '--injectConfigFile', 'c.yaml', ...args], { in: folder })),
      )?.[1];
    expect(native()).toBe('false');
    expect(native('--nativeSidecars', 'true')).toBe('true');
    expect(native('--nodesFile', 'new.yaml')).toBe('true');
    expect(native('--nodesFile', 'new.yaml', '--nodesFile', 'old.yaml')).toBe('false');
    expect(native('--nodesFile', 'old.yaml')).toBe('false');
    expect(native('--nodesFile', 'new.yaml', '--nativeSidecars=false')).toBe('false');
    expect(native('-n', 'x', '-i', 'istio-system', '--context', 'prod', '--injectConfigMapName', 'x')).toBe('false');
  });

  it('old configurations: the release that is assumed is said, and deprecated flags are taken', () => {
    const folder = folderWith({
      'app.yaml': deployment(),
      'c.yaml': "template: |\n  containers:\n  - name: istio-proxy\n    image: '[[ .ProxyConfig.BinaryPath ]]'\n",
    });
    const run = remora(
      ['inject', '-f', 'app.yaml', '--injectConfigFile', 'c.yaml', '--coreDump=false', '--verbosity', '2'],
      { in: folder },
    );
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('image: /usr/local/bin/envoy');
    expect(run.stderr).toContain('warning RELEASE_ASSUMED: ');
    expect(run.stderr).toContain(
      'Flag --coreDump has been deprecated, Use --injectConfigMapName or --injectConfigFile instead\n',
    );
    const said = remora(['inject', '-f', 'app.yaml', '--injectConfigFile', 'c.yaml', '--compat', '1.0.2'], {
      in: folder,
    });
    expect(said).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('writing', () => {
  it('-o - is standard output', () => {
    const folder = folderWith({ 'app.yaml': SERVICE });
    expect(ok(remora(['inject', '-f', 'app.yaml', '-o', '-'], { in: folder }))).toBe(`${SERVICE}---\n`);
    expect(readdirSync(folder)).toEqual(['app.yaml']);
  });

  it('-o replaces a file at once, keeps its mode and follows a link', () => {
    const folder = folderWith({ 'app.yaml': deployment(), 'real.yaml': 'old' });
    chmodSync(join(folder, 'real.yaml'), 0o640);
    symlinkSync('real.yaml', join(folder, 'out.yaml'));
    const printed = ok(remora(['inject', '-f', 'app.yaml'], { in: folder }));
    expect(ok(remora(['inject', '-f', 'app.yaml', '-o', 'out.yaml'], { in: folder }))).toBe('');
    expect(readFileSync(join(folder, 'real.yaml'), 'utf8')).toBe(printed);
    expect(lstatSync(join(folder, 'out.yaml')).isSymbolicLink()).toBe(true);
    expect(statSync(join(folder, 'real.yaml')).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['app.yaml', 'out.yaml', 'real.yaml']);
    const pipe = spawnSync('bash', ['-c', `'${process.execPath}' '${BIN}' inject -f app.yaml -o /dev/stdout | cat`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(pipe.stdout).toBe(printed);
  });

  it('--in-place edits, is idempotent, and uninject gives the bytes back', () => {
    const folder = folderWith({ 'a.yaml': deployment(), 'b.yaml': SERVICE });
    const read = (): string => readFileSync(join(folder, 'a.yaml'), 'utf8');
    const edit = (command: string): void =>
      expect(ok(remora([command, '--in-place', '-f', '.'], { in: folder }))).toBe('') as undefined;
    edit('inject');
    const once = read();
    expect(once).toContain('labels: {app: app');
    expect(once).toContain('# kept');
    expect(once).toContain('name: istio-proxy');
    edit('kube-inject');
    expect(read()).toBe(once);
    edit('uninject');
    expect(read()).toBe(deployment());
    expect(readFileSync(join(folder, 'b.yaml'), 'utf8')).toBe(SERVICE);
  });

  it('uninject prints what was there before', () => {
    const folder = folderWith({ 'app.yaml': deployment() });
    const injected = ok(remora(['inject', '-f', 'app.yaml'], { in: folder }));
    const restored = ok(remora(['uninject', '-f', '-'], { in: folder, stdin: injected }));
    const untouched = deployment({ metadata: 'annotations: {sidecar.istio.io/inject: "false"}' });
    const plain = remora(['inject', '-f', '-'], { in: folder, stdin: untouched }).stdout;
    expect(restored).toBe(plain.replace(/ {6}annotations:\n.*\n/, ''));
  });

  it('uninject knows what Istio usually adds, where the configuration of an old release is not given', () => {
    const old = resolve('examples/istio-1.0/inject-config.yaml');
    const folder = folderWith({ 'app.yaml': deployment() });
    const flags = ['--compat', '1.0.2', '--injectConfigFile', old];
    const injected = ok(remora(['inject', '-f', 'app.yaml', ...flags], { in: folder }));
    const run = remora(['uninject', '-f', '-', '--compat', '1.0.2'], { in: folder, stdin: injected });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('warning UNINJECT_UNVERIFIED: ');
    // The types of 1.0 write an empty time, those of today do not.
    const verified = ok(remora(['uninject', '-f', '-', ...flags], { in: folder, stdin: injected }));
    expect(run.stdout).toBe(verified.replace(/^ *creationTimestamp: null\n/gm, ''));
    expect(run.stdout).not.toContain('istio');
  });

  it.runIf(existsSync('/dev/full'))('onto a standard output that is full', () => {
    const folder = folderWith({ 'app.yaml': deployment() });
    const run = spawnSync('bash', ['-c', `'${process.execPath}' '${BIN}' inject -f app.yaml > /dev/full`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('error FILE_UNWRITABLE: write standard output: no space left on device');
    const json = spawnSync(
      'bash',
      ['-c', `'${process.execPath}' '${BIN}' inject --report=json -f app.yaml > /dev/full`],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stderr)).toMatchObject({ workloads: [], problems: [{ code: 'FILE_UNWRITABLE' }] });
  });

  it('--format json', () => {
    const folder = folderWith({ 'app.yaml': `${deployment()}---\n${SERVICE}` });
    const list = JSON.parse(ok(remora(['inject', '-f', 'app.yaml', '--format', 'json'], { in: folder })));
    expect(list.kind).toBe('List');
    expect(list.items.map((item: { kind: string }) => item.kind)).toEqual(['Deployment', 'Service']);
    expect(list.items[0].spec.template.spec.containers).toHaveLength(2);
  });

  it.runIf(existsSync('/dev/full'))('onto a full disk', () => {
    const folder = folderWith({ 'app.yaml': SERVICE });
    const run = remora(['inject', '-f', 'app.yaml', '-o', '/dev/full'], { in: folder });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('FILE_UNWRITABLE');
  });
});

describe('the report', () => {
  const folder = folderWith({
    'app.yaml': `${deployment()}---\n${deployment({ name: 'host', spec: 'hostNetwork: true' })}`,
  });

  it('in words, on standard error', () => {
    const run = remora(['inject', '-f', 'app.yaml', '--report'], { in: folder });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^apiVersion/);
    expect(run.stderr).toContain('● Deployment app  injected, by rule policy\n  app.yaml:1\n');
    expect(run.stderr).toContain('○ Deployment host  not injected, by rule host-network\n  app.yaml:16\n');
    expect(run.stderr).toMatch(/^ {2}► host-network {12}skip {8}\S/m);
    expect(run.stderr).toContain('2 workloads: 1 injected, 1 not injected\n');
    expect(run.stderr).toContain(
      'warning HOST_NETWORK: Skipping injection because Deployment "host" has host networking enabled',
    );
  });

  it('as JSON, which is all that is on standard error', () => {
    const run = remora(['inject', '-f', 'app.yaml', '--report=json'], { in: folder });
    const report = JSON.parse(run.stderr);
    expect(report.workloads).toMatchObject([
      { name: 'app', result: 'injected', decidedBy: 'policy', line: 1 },
      { name: 'host', result: 'skipped', decidedBy: 'host-network', line: 16 },
    ]);
    expect(report.problems).toMatchObject([{ code: 'HOST_NETWORK', severity: 'warning' }]);
    const failed = remora(['inject', '-f', 'none.yaml', '--report=json'], { in: folder });
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stderr)).toMatchObject({ workloads: [], problems: [{ code: 'FILE_UNREADABLE' }] });
    for (const strange of ['--reprot', 'operand', '--xds-port=1', '--in-place=maybe']) {
      const usage = remora(['inject', '-f', 'app.yaml', '--report=json', strange], { in: folder });
      expect(usage.code).toBe(2);
      expect(JSON.parse(usage.stderr)).toMatchObject({ workloads: [], problems: [{ code: 'USAGE' }] });
    }
    const legacy = remora(['inject', '-f', 'app.yaml', '--report=json', '--debug'], { in: folder });
    expect(JSON.parse(legacy.stderr).problems).toMatchObject([
      {
        code: 'LEGACY_FLAG',
        severity: 'warning',
        message: expect.stringContaining('Flag --debug has been deprecated'),
      },
      { code: 'HOST_NETWORK' },
    ]);
  });

  it('says of a namespace what is true, and a remedy that helps', () => {
    const pod = 'kind: Pod\napiVersion: v1\nmetadata: {name: p, namespace: kube-system}\n';
    const text = `${pod}spec: {containers: [{name: a, image: a}]}\n---\n${deployment().replace('  name: app\n', '  name: app\n  namespace: kube-system\n')}`;
    const { stderr, code } = remora(['inject', '-f', '-', '--report'], { in: folder, stdin: text });
    expect(code).toBe(0);
    expect(stderr).toContain('○ Pod kube-system/p  not injected, by rule ignored-namespace');
    expect(stderr).toContain('fix: Move the workload to another namespace');
    expect(stderr).not.toContain('Set sidecar.istio.io/inject');
    expect(stderr).toContain('● Deployment kube-system/app  injected');
    expect(stderr).toContain("The pod template names no namespace; kube-inject does not look at the workload's.");
  });

  it('has colours where they are asked for', () => {
    const text = (env: Record<string, string>): string =>
      remora(['inject', '-f', 'app.yaml', '--report'], { in: folder, env }).stderr;
    expect(text({})).not.toContain('\u001b[');
    expect(text({ FORCE_COLOR: '1' })).toContain('\u001b[32m●\u001b[39m');
    expect(text({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain('\u001b[');
  });
});
