/** Everything that can be wrong with what a user gives: a clear error, no stack trace, no partial output. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BIN, configWith, deployment, folderWith, type Ran, remora } from './remora.ts';

/** Runs kube-inject on `app.yaml`, with the other files as configuration where they are named so. */
function inject(files: Readonly<Record<string, string | Uint8Array>>, ...args: readonly string[]): Ran {
  const folder = folderWith(files);
  const flags = [
    ['config.yaml', '--injectConfigFile'],
    ['mesh.yaml', '--meshConfigFile'],
    ['values.yaml', '--valuesFile'],
  ].flatMap(([name = '', flag = '']) => (name in files ? [flag, name] : []));
  return remora(['kube-inject', '-f', 'app.yaml', ...flags, ...args], { in: folder });
}

function refused(run: Ran, code: 1 | 2 = 1): string {
  expect(run.stderr).not.toMatch(/^\s+at .*\(|node:internal|unexpected error/m);
  expect(run.stdout).toBe('');
  expect(run.code).toBe(code);
  return run.stderr;
}

describe('manifests', () => {
  it('broken YAML: the line, the column and a caret', () => {
    const said = refused(inject({ 'app.yaml': deployment().replace('spec:\n', 'spec:\n\t# a tab\n') }));
    expect(said).toContain('error YAML_SYNTAX: yaml: line 7: found character that cannot start any token');
    expect(said).toContain('  at app.yaml:7:1\n  7 | \t# a tab\n    | ^\n');
  });

  it('broken YAML in a later document counts lines from the start of the file', () => {
    const said = refused(inject({ 'app.yaml': `${deployment()}---\na: [1\nb: 2\n` }));
    expect(said).toMatch(/at app\.yaml:1[67]:/);
  });

  it('no containers', () => {
    const said = refused(inject({ 'app.yaml': deployment({ containers: '      nodeName: x\n' }) }));
    expect(said).toContain('error POD_INVALID: the pod template of the Deployment has no containers');
    expect(said).toContain('/spec/template/spec/containers');
  });

  it("an invalid annotation, in Istio's words", () => {
    const metadata = 'annotations: {traffic.sidecar.istio.io/includeOutboundIPRanges: 10.0.0.0}';
    const said = refused(inject({ 'app.yaml': deployment({ metadata }) }));
    expect(said).toContain(
      "invalid value '10.0.0.0' for annotation 'traffic.sidecar.istio.io/includeOutboundIPRanges': includeIPRanges invalid: ",
    );
    expect(said).toContain('  at app.yaml:11:');
  });

  it('two documents of which one fails: nothing is written, and all problems are told', () => {
    const folder = folderWith({
      'app.yaml': [
        deployment(),
        deployment({ name: 'b', metadata: 'annotations: {sidecar.istio.io/proxyCPU: much}' }),
        deployment({ name: 'c', containers: '      containers: []\n' }),
      ].join('---\n'),
    });
    const before = readFileSync(join(folder, 'app.yaml'), 'utf8');
    for (const target of [[], ['-o', 'out.yaml'], ['--in-place']]) {
      const said = refused(remora(['kube-inject', '-f', 'app.yaml', ...target], { in: folder }));
      expect(said.match(/^error /gm)).toHaveLength(2);
    }
    expect(readFileSync(join(folder, 'app.yaml'), 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['app.yaml']);
  });

  it('one file of several fails: none is written', () => {
    const folder = folderWith({ 'good.yaml': deployment(), 'bad.yaml': 'a: [' });
    const run = remora(['kube-inject', '--in-place', '-f', 'good.yaml', '-f', 'bad.yaml'], { in: folder });
    expect(refused(run)).toContain('bad.yaml:');
    expect(readFileSync(join(folder, 'good.yaml'), 'utf8')).toBe(deployment());
  });

  it('binary garbage', () => {
    const noise = Uint8Array.from({ length: 4096 }, (_, i) => (i * 97 + (i >> 3)) % 256);
    expect(refused(inject({ 'app.yaml': noise }))).toContain('error BINARY_INPUT: the input is not text: a NUL byte');
    expect(refused(inject({ 'app.yaml': Uint8Array.of(97, 58, 32, 10, 98, 0xff) }))).toContain('at app.yaml:2:2');
    expect(refused(inject({ 'app.yaml': gzipSync(deployment()) }))).toContain('gunzip -c app.yaml');
  });

  it('a missing file, with what is wrong with the other files as well', () => {
    const folder = folderWith({ 'bad.yaml': Uint8Array.of(0) });
    const said = refused(
      remora(['inject', '-f', 'none.yaml', '-f', 'bad.yaml', '--meshConfigFile', 'no'], { in: folder }),
    );
    expect(said).toContain('error FILE_UNREADABLE: open none.yaml: no such file or directory');
    expect(said).toContain('BINARY_INPUT');
    expect(said).toContain('open no: no such file or directory');
  });

  it('standard input that is a folder', () => {
    const folder = folderWith({ 'sub/readme.txt': '' });
    const run = spawnSync('bash', ['-c', `'${process.execPath}' '${BIN}' inject -f - < sub`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(refused({ code: run.status, stdout: run.stdout, stderr: run.stderr })).toContain(
      'error FILE_UNREADABLE: read standard input: is a directory',
    );
  });

  it('a folder without manifests', () => {
    const folder = folderWith({ 'sub/readme.txt': '', 'deep/x.yaml/app.yaml': deployment() });
    expect(refused(remora(['inject', '-f', 'sub'], { in: folder }))).toContain(
      'no .yaml, .yml or .json file in folder sub',
    );
    const deep = refused(remora(['inject', '--in-place', '-f', 'deep'], { in: folder }));
    expect(deep).toContain('no .yaml, .yml or .json file in folder deep');
    expect(deep).toContain(`such as -f ${join('deep', 'x.yaml')}: folders in folders are not read`);
  });
});

describe('configuration', () => {
  const app = { 'app.yaml': deployment() };

  it('a template that fails: parse or execution, with the line and a caret', () => {
    const exec = refused(inject({ ...app, 'config.yaml': configWith('spec:\n  nodeName: {{ .Spec.Nope }}') }));
    expect(exec).toContain('error TEMPLATE_EXEC: ');
    expect(exec).toContain('template: inject:2:20: executing "inject" at <.Spec.Nope>');
    expect(exec).toContain('  2 |   nodeName: {{ .Spec.Nope }}\n    |                     ^');
    const parse = refused(inject({ ...app, 'config.yaml': configWith('{{ if .Spec }}') }));
    expect(parse).toMatch(
      /^error TEMPLATE_PARSE: template: inject:2: unexpected EOF\n {2}at template sidecar:2:1, \/templates\/sidecar$/m,
    );
    const unknown = refused(inject({ ...app, 'config.yaml': configWith("spec:\n  x: 'é' {{ nope }}") }));
    expect(unknown).toContain("  2 |   x: 'é' {{ nope }}\n    |             ^\n");
  });

  it('a configuration without the named template', () => {
    const said = refused(inject({ ...app, 'config.yaml': configWith('spec: {}', 'other') }));
    expect(said).toContain('error TEMPLATE_NOT_FOUND: ');
    expect(said).toContain('requested template "sidecar" not found; have other');
  });

  it('a template that never ends', () => {
    const recursive = '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}';
    expect(refused(inject({ ...app, 'config.yaml': configWith(recursive) }))).toContain('error TEMPLATE_LIMIT: ');
    const loops = '{{ range until 5000 }}{{ range until 5000 }}{{ end }}{{ end }}';
    expect(refused(inject({ ...app, 'config.yaml': configWith(loops) }))).toContain('more than 10000000 steps');
  });

  it('mesh config and values that cannot be used', () => {
    const mesh = inject({ ...app, 'mesh.yaml': 'defaultConfig:\n  drainDuration: 45\n' });
    expect(refused(mesh)).toContain('error MESH_CONFIG_INVALID: ');
    expect(refused(inject({ ...app, 'values.yaml': '[1, 2]\n' }))).toContain('error VALUES_INVALID: ');
    const config = { ...app, 'config.yaml': configWith('spec: {}'), 'values.yaml': '"' };
    expect(refused(inject(config))).toContain('error VALUES_INVALID: could not parse configuration values: ');
  });

  it('objects of other kinds where an operator, nodes or namespaces are wanted', () => {
    const operator = refused(inject({ ...app, 'x.yaml': 'kind: ConfigMap\n' }, '--operatorFileName', 'x.yaml'));
    expect(operator).toContain('error CONFIG_INVALID: no IstioOperator: the kind is ConfigMap');
    const nodes = refused(inject({ ...app, 'x.yaml': '- 1\n' }, '--nodesFile', 'x.yaml'));
    expect(nodes).toContain('error CONFIG_INVALID: the document holds no object\n  at x.yaml:1');
    for (const [flag, kind] of [
      ['--namespacesFile', 'Namespace'],
      ['--nodesFile', 'Node'],
      ['--proxyConfigFile', 'ProxyConfig'],
    ] as const) {
      const said = refused(inject({ ...app, 'x.yaml': 'kind: Service\n---\nkind: Pod\n' }, flag, 'x.yaml'));
      expect(said).toContain(
        `error CONFIG_INVALID: no object of kind ${kind}: the file has Service, Pod\n  at x.yaml\n`,
      );
    }
  });

  it.each(['', ' \n\n', '# a comment\n\n# another\n', '---\n'])('an empty configuration: %j', (text) => {
    const said = refused(inject({ ...app, 'config.yaml': text }));
    expect(said).toContain('error CONFIG_INVALID: the injector configuration is empty\n  at config.yaml\n  fix: ');
  });

  const map = (name: string, data: Readonly<Record<string, string>>) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

  it('the two config maps swapped, and other objects', () => {
    const injector = map('istio-sidecar-injector', { config: configWith('spec: {}'), values: '{}' });
    const mesh = map('istio', { mesh: '', meshNetworks: '' });
    const swapped = refused(inject({ ...app, 'config.yaml': mesh, 'mesh.yaml': injector }));
    expect(swapped).toContain(
      'error CONFIG_INVALID: missing configuration map key "config": config map istio has mesh, meshNetworks\n  at config.yaml\n',
    );
    expect(swapped).toContain(
      'error MESH_CONFIG_INVALID: missing configuration map key "mesh": config map istio-sidecar-injector has config, values\n  at mesh.yaml\n',
    );
    expect(refused(inject({ ...app, 'values.yaml': mesh }))).toContain('missing configuration map key "values"');
    const defaults = refused(inject({ ...app, 'x.yaml': injector }, '--meshDefaultsFile', 'x.yaml'));
    expect(defaults).toContain('error MESH_CONFIG_INVALID: missing configuration map key "mesh"');
    const pod = 'apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a}]}\n';
    expect(refused(inject({ ...app, 'config.yaml': pod }))).toContain('it is of kind Pod\n  at config.yaml\n');
  });

  it('templates that are no texts by name', () => {
    const list = refused(inject({ ...app, 'config.yaml': 'policy: enabled\ntemplates: [a, b]\n' }));
    expect(list).toContain(
      '`templates` is a list, and not a mapping of names to texts\n  at config.yaml:2:1, /templates\n',
    );
    const mapping = refused(inject({ ...app, 'config.yaml': 'templates:\n  sidecar: {spec: {}}\n' }));
    expect(mapping).toContain('template "sidecar" is a mapping, and not a text\n  at config.yaml:2:3');
  });

  it('a mesh config that is wrong: the file and the place, also inside a config map or an operator', () => {
    const bare = refused(inject({ ...app, 'mesh.yaml': 'a: b\ntrustDomain: "a b"\n' }));
    expect(bare).toContain('  at mesh.yaml:2:1, /trustDomain\n  2 | trustDomain: "a b"\n');
    const text = 'kind: ConfigMap\ndata:\n  mesh: |-\n    a: b\n    defaultConfig:\n      drainDuration: 45\n';
    expect(refused(inject({ ...app, 'mesh.yaml': text }))).toContain(
      '  at mesh.yaml:6:7, /defaultConfig/drainDuration\n',
    );
    const quoted = 'kind: ConfigMap\ndata:\n  mesh: "trustDomain: a b"\n';
    expect(refused(inject({ ...app, 'mesh.yaml': quoted }))).toContain('  at mesh.yaml:3:3, /trustDomain\n');
    const operator = 'kind: IstioOperator\nspec:\n  meshConfig:\n    trustDomain: a b\n';
    const said = refused(inject({ ...app, 'x.yaml': operator }, '--operatorFileName', 'x.yaml'));
    expect(said).toContain('  at x.yaml:4:5, /spec/meshConfig/trustDomain\n');
  });

  it('a template that renders no pod is to blame, and not the pod', () => {
    const wrong = refused(inject({ ...app, 'config.yaml': configWith('spec: {containers: foo}') }));
    expect(wrong).toMatch(/^error MERGE_FAILED: .*cannot unmarshal string into Go struct field Pod.spec.containers/);
    expect(wrong).toContain('\n  at template sidecar, /templates/sidecar\n');
    expect(wrong).toContain('fix: Correct what template sidecar renders at /spec/containers: ');
    expect(wrong).not.toMatch(/app\.yaml|--valuesFile/);
    const valueless = configWith('spec: {containers: {{ .Values.containers }}}');
    expect(refused(inject({ ...app, 'config.yaml': valueless }))).toContain('--valuesFile');
    const old = 'policy: enabled\ntemplate: "containers: foo"\n';
    const said = refused(inject({ ...app, 'config.yaml': old }, '--compat', '1.5.0'));
    expect(said).toContain('error MERGE_FAILED: ');
    expect(said).toContain('\n  at template sidecar, /templates/sidecar\n');
    const nameless = deployment({ spec: 'imagePullSecrets: [{}]' });
    const secrets = configWith('spec: {imagePullSecrets: [{name: p}]}');
    expect(refused(inject({ 'app.yaml': nameless, 'config.yaml': secrets }))).toContain('\n  at app.yaml:1');
  });
});

describe('output', () => {
  it('that cannot be written leaves nothing behind', () => {
    const folder = folderWith({ 'app.yaml': deployment() });
    const said = refused(remora(['inject', '-f', 'app.yaml', '-o', 'none/out.yaml'], { in: folder }));
    expect(said).toContain('error FILE_UNWRITABLE: open none/out.yaml: no such file or directory');
    expect(existsSync(join(folder, 'none'))).toBe(false);
    const onto = refused(remora(['inject', '-f', 'app.yaml', '-o', '.'], { in: folder }));
    expect(onto).toContain('error FILE_UNWRITABLE: open .: is a directory');
    expect(readdirSync(folder)).toEqual(['app.yaml']);
  });
});

describe('the command line', () => {
  const folder = folderWith({ 'app.yaml': deployment() });
  const usage = (...args: readonly string[]): string => refused(remora(args, { in: folder }), 2);

  it.each([
    [['injct'], 'unknown command "injct"', 'Did you mean remora inject?'],
    [['kube-inject'], 'filename not specified (see --filename or -f)', 'remora kube-inject --help'],
    [['inject', '--fromat', 'json'], 'unknown flag: --fromat', 'Did you mean --format?'],
    [['inject', '-f', 'app.yaml', '-x'], "unknown shorthand flag: 'x' in -x", ''],
    [['inject', '-f'], 'flag needs an argument: --filename', ''],
    [['inject', 'app.yaml'], 'kube-inject takes no argument "app.yaml"', 'remora kube-inject -f app.yaml'],
    [['inject', '-f', 'app.yaml', '--report', 'json'], 'takes no argument "json"', 'Write --report=json'],
    [['template', 'render', '-f', 'a', '-f', 'b'], '-f is given more than once', 'once for each'],
    [['template', 'render', '--option', 'missingkey=bad'], 'missingkey=default, missingkey=invalid, ', ''],
    [['inject', '-f', 'app.yaml', '--compat', '1.20-alpha'], 'unknown Istio release "1.20-alpha"', '1.20.0-rc.1'],
    [['inject', '-f', 'app.yaml', '--format', 'xml'], 'invalid value "xml" for --format: want yaml or json', ''],
    [['inject', '-f', 'app.yaml', '--in-place=maybe'], 'invalid value "maybe" for --in-place: want true or false', ''],
    [['inject', '-f', '-', '--in-place'], '--in-place edits files, and standard input is none', ''],
    [['inject', '-f', 'app.yaml', '--in-place', '-o', 'x'], '--in-place and --output contradict each other', ''],
    [['inject', '-f', '-', '-f', '-'], 'standard input can be read only once', ''],
    [['inject', '-f', 'app.yaml', '--compat', '2.0'], 'unknown Istio release "2.0"', '"latest"'],
    [
      ['inject', '-f', 'app.yaml', '--compat', '1.0.2'],
      'the built-in configuration is for newer releases of Istio than 1.0.2',
      '--injectConfigFile',
    ],
    [['inject', '-f', 'app.yaml', '--xds-address', 'x'], '--xds-address is about a control plane', 'Leave out'],
    [
      ['webhook', '--offline', '--workers', '0', '--gracePeriod', 'soon'],
      '--workers wants a number from 1 to 64, and has "0"',
      '--tlsCertFile',
    ],
    [['tag', 'set'], 'must provide a tag for modification', ''],
    [['tag', 'move', 'x'], 'tag wants set, generate, list or remove, and has "move"', ''],
    [['install', '--replicas', 'many'], '--replicas wants a number from 1 to 100, and has "many"', ''],
    [['install', '--revision', 'Über'], '--revision "Über" is no name', ''],
    [['admit', '-f', 'app.yaml', '--path', '/validate'], '--path "/validate" is no path of the webhook', '/inject'],
    [['template'], '"template" needs a word after it', 'remora template render'],
    [['completion', 'tcsh'], 'unknown shell "tcsh"', 'bash, zsh or fish'],
    [['-f', 'app.yaml'], 'the command comes before its flags: -f', ''],
  ])('%j', (args, message, remedy) => {
    const said = usage(...args);
    expect(said).toContain(message);
    expect(said).toContain(remedy);
    expect(said).toMatch(/See remora|fix: /);
  });

  it('without a command shows what there is', () => {
    expect(usage()).toContain('Commands\n  kube-inject, inject');
  });

  it("istioctl 1.0's flags for its own template: its checks, then what to give instead", () => {
    const legacy = (...args: readonly string[]): string =>
      refused(remora(['kube-inject', '--emitTemplate', '--hub', 'h', '--tag', 't', ...args], { in: folder }));
    expect(legacy('--includeIPRanges=10.0.0')).toContain('includeIPRanges invalid: ');
    expect(legacy()).toContain('the template that istioctl 1.0 carried for --hub and --tag is not offered');
    expect(legacy('-f', 'app.yaml')).toContain('--filename and --emitTemplate are mutually exclusive');
    const lone = refused(remora(['kube-inject', '-f', 'app.yaml', '--hub', 'h'], { in: folder }));
    expect(lone).toContain("error LEGACY_FLAG: hub and tag are both required. got hub: 'h', tag: ''");
    expect(lone).not.toContain('USAGE');
  });
});
