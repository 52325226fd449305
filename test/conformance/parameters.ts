/** generate-template-from-params: the legacy generator must refuse these parameters. Through `bin/remora`, by its flags. */
import { execFileSync } from 'node:child_process';
import type { CaseResult } from './corpus.ts';
import { type InjectionCase, readCases } from './injection-cases.ts';

const FLAGS: Readonly<Record<string, string>> = {
  IncludeIPRanges: '--includeIPRanges',
  ExcludeIPRanges: '--excludeIPRanges',
  IncludeInboundPorts: '--includeInboundPorts',
  ExcludeInboundPorts: '--excludeInboundPorts',
};

export function runParameters(release: string): readonly CaseResult[] {
  return readCases(release)
    .filter((c) => c.params.paths.includes('generate-template-from-params'))
    .map((testCase) => {
      const why = runCase(release, testCase);
      const path = 'generate-template-from-params';
      return { suite: `injection/${release}`, path, name: testCase.name, passed: why === undefined, why };
    });
}

function runCase(release: string, testCase: InjectionCase): string | undefined {
  const args = ['kube-inject', '--compat', release, '--emitTemplate', '--hub', 'docker.io/istio', '--tag', 'unittest'];
  for (const [parameter, flag] of Object.entries(FLAGS)) {
    args.push(`${flag}=${testCase.params.legacyParams?.[parameter] ?? ''}`);
  }
  try {
    const env = { ...process.env, ISTIOCTL_USE_BUILTIN_DEFAULTS: 'true', NO_COLOR: '1' };
    execFileSync('bin/remora', args, { stdio: 'pipe', env });
    return 'accepted';
  } catch (error) {
    const run = error as { status: number | null; stderr: Buffer };
    const stderr = run.stderr.toString('utf8');
    const wanted = testCase.expectedError ?? '';
    return run.status === 1 && stderr.toLowerCase().includes(wanted) ? undefined : `exit ${run.status}: ${stderr}`;
  }
}
