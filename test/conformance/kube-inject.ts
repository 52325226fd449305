/** The kube-inject path of the injection corpus, through `bin/remora` as a user runs it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaseResult, CORPUS, readCorpus } from './corpus.ts';
import { compatOf, type InjectionCase, readCases } from './injection-cases.ts';

type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs every kube-inject case of a release, `jobs` processes at a time. */
export async function runKubeInject(release: string, jobs = 2): Promise<readonly CaseResult[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'remora-conformance-'));
  try {
    const queue = readCases(release).filter((c) => c.params.paths.includes('kube-inject'));
    const results: CaseResult[] = new Array(queue.length);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < queue.length; i = next++) {
        const testCase = queue[i];
        if (testCase !== undefined) results[i] = await runCase(release, testCase, join(scratch, String(i)));
      }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    return results;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runCase(release: string, testCase: InjectionCase, scratch: string): Promise<CaseResult> {
  const head = { suite: `injection/${release}`, path: 'kube-inject', name: testCase.name };
  const run = await remora(argumentsOf(release, testCase, scratch), testCase.params.env ?? {});
  if (testCase.expectedError !== null) {
    const hit = run.code === 1 && run.stderr.toLowerCase().includes(testCase.expectedError);
    return { ...head, passed: hit, why: hit ? undefined : `exit ${run.code}, stderr: ${run.stderr.slice(0, 300)}` };
  }
  if (run.code !== 0)
    return { ...head, passed: false, byteEqual: false, why: `exit ${run.code}: ${run.stderr.slice(0, 500)}` };
  const log = testCase.params.expectedLog;
  if (log !== undefined && !run.stderr.includes(log)) {
    return { ...head, passed: false, why: `stderr lacks "${log}": ${run.stderr.slice(0, 300)}` };
  }
  const golden = readCorpus('injection', release, testCase.expected ?? '');
  const want = cleanVersion(release, golden).trim();
  const got = cleanVersion(release, run.stdout).trim();
  return {
    ...head,
    passed: got === want,
    byteEqual: got === want,
    why: got === want ? undefined : firstDifference(want, got),
  };
}

/** README: the hash is compared in 1.0.2 only; the golden carries one up to 1.7. */
function cleanVersion(release: string, text: string): string {
  if (release === '1.0.2') return text;
  return text.replace(
    /sidecar.istio.io\/status: '\{"version":"([0-9a-f]+)",/g,
    `sidecar.istio.io/status: '{"version":"",`,
  );
}

function argumentsOf(release: string, testCase: InjectionCase, scratch: string): string[] {
  const file = (path: string): string => join(CORPUS, 'injection', release, path);
  const { params } = testCase;
  const args = ['kube-inject', '--compat', compatOf(release), '-f', file(testCase.input ?? '')];
  if (testCase.injectConfig !== null) args.push('--injectConfigFile', file(testCase.injectConfig));
  if (testCase.meshConfig !== null) args.push('--meshConfigFile', file(testCase.meshConfig));
  if (testCase.values !== null) args.push('--valuesFile', file(testCase.values));
  if (existsSync(file('mesh-defaults.yaml'))) args.push('--meshDefaultsFile', file('mesh-defaults.yaml'));
  if (params.revision?.kubeInject) args.push('--revision', params.revision.kubeInject);
  const native = params.nativeSidecars;
  if (native !== undefined && native.mode !== 'unsupported') args.push('--nativeSidecars', native.mode);
  if (native?.nodeKubeletVersions !== undefined) {
    args.push('--nodesFile', written(`${scratch}-nodes.json`, nodeList(native.nodeKubeletVersions)));
  }
  if (params.namespaces !== undefined) {
    const items = params.namespaces.map((metadata) => ({ apiVersion: 'v1', kind: 'Namespace', metadata }));
    args.push('--namespacesFile', written(`${scratch}-namespaces.json`, { apiVersion: 'v1', kind: 'List', items }));
  }
  if (params.platform) args.push('--platform', params.platform);
  if (params.compliancePolicy) args.push('--compliancePolicy', params.compliancePolicy);
  return args;
}

function nodeList(versions: readonly string[]): unknown {
  const items = versions.map((kubeletVersion, i) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `node-${i}` },
    status: { nodeInfo: { kubeletVersion } },
  }));
  return { apiVersion: 'v1', kind: 'List', items };
}

function written(path: string, value: unknown): string {
  writeFileSync(path, JSON.stringify(value));
  return path;
}

function remora(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env, NO_COLOR: '1' }, maxBuffer: 1 << 26 };
    execFile('bin/remora', args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
      resolve({ code, stdout, stderr });
    });
  });
}

/** The first line that differs, with its number. */
export function firstDifference(want: string, got: string): string {
  const a = want.split('\n');
  const b = got.split('\n');
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== b[i])
      return `line ${i + 1}: want ${JSON.stringify(a[i] ?? null)}, got ${JSON.stringify(b[i] ?? null)}`;
  }
  return 'no difference by line';
}
