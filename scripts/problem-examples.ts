/**
 * The message that each page of docs/problems/ shows, made by the program itself: a small manifest that is wrong in one
 * way, and the command that meets it. `npm run docs` writes the pages, and a test compares.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ProblemCode } from '../src/core/problem.ts';
import { fill, type GeneratedDoc } from './generated-docs.ts';

type Example = {
  readonly code: ProblemCode;
  /** Files by name; they are all that the command sees besides examples/. */
  readonly files?: Readonly<Record<string, string>>;
  /** What happens to the files first. */
  readonly prepare?: (folder: string) => void;
  readonly command: readonly string[];
};

const INJECT = ['kube-inject', '-f', 'app.yaml'];
const OLD = ['--injectConfigFile', 'examples/istio-1.0/inject-config.yaml'];
const TEMPLATE = [...INJECT, '--injectConfigFile', 'config.yaml'];

const EXAMPLES: readonly Example[] = [
  {
    code: 'ALREADY_INJECTED',
    files: { 'app.yaml': app({ annotations: { 'sidecar.istio.io/status': '\'{"containers":["istio-proxy"]}\'' } }) },
    command: ['kube-inject', '--in-place', '--compat', '1.0.2', ...OLD, '-f', 'app.yaml'],
  },
  {
    code: 'AGENT_CONFIG_INVALID',
    files: { 'pod.json': '{"nodeId": "sidecar", "proxyConfig": {"tracing": {"zipkin": {"address": "zipkin"}}}}\n' },
    command: ['proxy', 'bootstrap', '--config', 'pod.json'],
  },
  annotated('ANNOTATION_INVALID', { 'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0' }),
  { code: 'BINARY_INPUT', files: { 'app.yaml': 'kind: \u0000\u0001Deployment\n' }, command: INJECT },
  captured('CAPTURE_CIDR_INVALID', { OutboundIPRangesInclude: '10.0.0.0/8,10.0.0.5' }),
  captured('CAPTURE_CONFIG_INVALID', { InboundPortsInclude: '80,http', ExcludeInterfaces: 'eth0 -j ACCEPT' }),
  { code: 'CAPTURE_NO_NAMESPACE', command: ['capture', 'status', '--netns', 'no-such-namespace'] },
  {
    code: 'CAPTURE_RULES_UNREADABLE',
    files: { 'rules.txt': 'Chain OUTPUT (policy ACCEPT)\ntarget     prot opt source               destination\n' },
    command: ['trace-packet', '--rules', 'rules.txt', '--to', '10.0.0.5:80'],
  },
  { code: 'CLUSTER_CONFIG', files: { 'app.yaml': app() }, command: [...INJECT, '--kubeconfig', 'missing.yaml'] },
  {
    code: 'CLUSTER_UNREACHABLE',
    // Port 1 is taken by nobody.
    files: { 'app.yaml': app(), 'kubeconfig.yaml': kubeconfig('https://127.0.0.1:1') },
    command: [...INJECT, '--kubeconfig', 'kubeconfig.yaml'],
  },
  {
    code: 'CONFIG_INVALID',
    files: {
      'app.yaml': app(),
      'config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\ndata: {mesh: "", meshNetworks: ""}\n',
    },
    command: TEMPLATE,
  },
  specified('DNS_POLICY', 'dnsPolicy: Default'),
  { code: 'FILE_UNREADABLE', command: ['kube-inject', '-f', 'missing.yaml'] },
  { code: 'FILE_UNWRITABLE', files: { 'app.yaml': app() }, command: [...INJECT, '-o', 'missing/app.yaml'] },
  specified('HOST_NETWORK', 'hostNetwork: true'),
  annotated('INJECTION_DISABLED', { 'sidecar.istio.io/inject': '"false"' }),
  annotated('INJECT_VALUE_INVALID', { 'sidecar.istio.io/inject': '"yes"' }),
  { code: 'LEGACY_FLAG', files: { 'app.yaml': app() }, command: [...INJECT, '--hub', 'example'] },
  templated('MERGE_FAILED', 'spec: {containers: [{image: proxy}]}'),
  {
    code: 'MESH_CONFIG_INVALID',
    files: { 'app.yaml': app(), 'mesh.yaml': 'defaultConfig:\n  drainDuration: 45\n' },
    command: [...INJECT, '--meshConfigFile', 'mesh.yaml'],
  },
  {
    code: 'METADATA_NOT_UPDATED',
    files: { 'app.yaml': app() },
    prepare: (folder) => editInjected(folder, '- name: app\n', '- name: web\n'),
    command: ['kube-inject', '--in-place', '-f', 'app.yaml'],
  },
  { code: 'NOT_INJECTED', files: { 'app.yaml': app() }, command: ['uninject', '-f', 'app.yaml'] },
  annotated('OVERRIDES_INVALID', { 'proxy.istio.io/overrides': '"[]"' }),
  {
    code: 'POD_INVALID',
    files: {
      'app.yaml': app()
        .replace(/ +- name: app[\s\S]*/, '')
        .replace('containers:', 'containers: []'),
    },
    command: INJECT,
  },
  {
    code: 'PROBE_NOT_UPDATED',
    files: { 'app.yaml': `${app()}        livenessProbe: {tcpSocket: {port: 80}}\n` },
    prepare: (folder) =>
      editInjected(folder, /livenessProbe:\n(?: {10}.*\n)+/, 'livenessProbe: {tcpSocket: {port: 81}}\n'),
    command: INJECT,
  },
  annotated('PROMETHEUS_PORT', { 'prometheus.io/port': '"15090"', 'prometheus.io/scrape': '"true"' }),
  annotated('PROXY_CONFIG_INVALID', { 'proxy.istio.io/config': '"concurrency: many"' }),
  { code: 'RELEASE_ASSUMED', files: { 'app.yaml': app() }, command: [...INJECT, ...OLD] },
  { code: 'RELEASE_UNKNOWN', files: { 'app.yaml': app() }, command: [...INJECT, '--compat', '2.0'] },
  {
    code: 'STATUS_INVALID',
    files: { 'app.yaml': app({ annotations: { 'sidecar.istio.io/status': 'injected' } }) },
    command: ['uninject', '-f', 'app.yaml'],
  },
  templated(
    'TEMPLATE_ERASED_FIELDS',
    'spec: {containers: [{name: app, $patch: delete}, {name: istio-proxy, image: proxy}]}',
  ),
  templated('TEMPLATE_EXEC', 'spec: {nodeName: {{ .Spec.Nope }}}'),
  templated('TEMPLATE_LIMIT', '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}'),
  {
    code: 'TEMPLATE_NOT_FOUND',
    files: { 'app.yaml': app({ annotations: { 'inject.istio.io/templates': 'sidecra' } }) },
    command: INJECT,
  },
  templated('TEMPLATE_PARSE', 'spec: {{ if .Spec }}'),
  {
    code: 'UNDO_RECORD_STALE',
    files: { 'app.yaml': app() },
    prepare: (folder) => editInjected(folder, 'image: example/app:1', 'image: example/app:2'),
    command: ['uninject', '--in-place', '-f', 'app.yaml'],
  },
  {
    code: 'UNINJECT_UNVERIFIED',
    files: {
      'app.yaml': `${app({ annotations: { 'sidecar.istio.io/status': '\'{"containers":["istio-proxy"]}\'' } })}      - name: istio-proxy
        image: example/proxy:1
`,
    },
    command: ['uninject', '-f', 'app.yaml'],
  },
  { code: 'USAGE', files: { 'app.yaml': app() }, command: [...INJECT, '--format', 'xml'] },
  {
    code: 'VALUES_INVALID',
    files: { 'app.yaml': app(), 'values.yaml': '[1, 2]\n' },
    command: [...INJECT, '--valuesFile', 'values.yaml'],
  },
  { code: 'YAML_SYNTAX', files: { 'app.yaml': app().replace('spec:\n', 'spec:\n\t# a tab\n') }, command: INJECT },
];

/** The pages with their examples as they should be. Needs dist/. */
export function problemPages(): readonly GeneratedDoc[] {
  return EXAMPLES.map((example) =>
    fill(`docs/problems/${example.code}.md`, { example: `\`\`\`\n${runExample(example)}\n\`\`\`` }),
  );
}

/** Injects app.yaml in place, and changes it then as a person would. */
function editInjected(folder: string, from: string | RegExp, to: string): void {
  spawnSync(resolve('bin/remora'), ['kube-inject', '--in-place', '-f', 'app.yaml'], { cwd: folder });
  const file = join(folder, 'app.yaml');
  const text = readFileSync(file, 'utf8');
  if (text.search(from) === -1) throw new Error(`the injected file has no ${from}`);
  writeFileSync(file, text.replace(from, to));
}

/** The command as a person types it, and what it prints on stderr. */
function runExample({ files, prepare, command }: Example): string {
  const folder = mkdtempSync(join(tmpdir(), 'remora-example-'));
  try {
    for (const [name, text] of Object.entries(files ?? {})) writeFileSync(join(folder, name), text);
    prepare?.(folder);
    const args = command.map((argument) => (argument.startsWith('examples/') ? resolve(argument) : argument));
    const run = spawnSync(resolve('bin/remora'), args, { cwd: folder, encoding: 'utf8', env: cleanEnvironment() });
    const said = run.stderr.replaceAll(`${resolve('examples')}/`, 'examples/').trimEnd();
    return `$ remora ${command.join(' ')}\n${said}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without the home of whoever runs this, which may have a kubeconfig. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: '/nonexistent', NO_COLOR: '1', TZ: 'UTC' };
}

function kubeconfig(server: string): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

function annotated(code: ProblemCode, annotations: Readonly<Record<string, string>>): Example {
  return { code, files: { 'app.yaml': app({ annotations }) }, command: INJECT };
}

function captured(code: ProblemCode, config: object): Example {
  const files = { 'capture.json': JSON.stringify(config) };
  return { code, files, command: ['capture', 'render', '--config', 'capture.json'] };
}

function specified(code: ProblemCode, line: string): Example {
  return { code, files: { 'app.yaml': app({ line }) }, command: INJECT };
}

function templated(code: ProblemCode, template: string): Example {
  const config = `policy: enabled\ntemplates:\n  sidecar: |\n    ${template}\n`;
  return { code, files: { 'app.yaml': app(), 'config.yaml': config }, command: TEMPLATE };
}

function app({
  annotations = {},
  line = '',
}: {
  annotations?: Readonly<Record<string, string>>;
  line?: string;
} = {}): string {
  const entries = Object.entries(annotations).map(([key, value]) => `        ${key}: ${value}\n`);
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata:
      labels: {app: app}
${entries.length === 0 ? '' : `      annotations:\n${entries.join('')}`}    spec:
${line === '' ? '' : `      ${line}\n`}      containers:
      - name: app
        image: example/app:1
        ports: [{containerPort: 80}]
`;
}
