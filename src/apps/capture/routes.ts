import type { RouteSetting } from '../../core/capture/index.ts';
import type { Problem } from '../../core/problem.ts';
import type { RunCommand } from '../../platform/run-command.ts';
import { failureText, remedyFor } from './back-end.ts';

/** Adds what is not there yet: the kernel would take a second equal rule and keep both. */
export function addRoutes(routes: readonly RouteSetting[], run: RunCommand): readonly Problem[] {
  return routes.flatMap((setting) =>
    setting.kind === 'loopback-address' ? addAddress(setting.address, run) : addRoute(setting, run),
  );
}

/** Takes away all that addRoutes may have added, also what was added twice. */
export function removeRoutes(routes: readonly RouteSetting[], run: RunCommand): void {
  for (const setting of routes) {
    if (setting.kind === 'loopback-address') {
      run(['ip', '-6', 'addr', 'del', setting.address, 'dev', 'lo']);
      continue;
    }
    const ip = ['ip', family(setting)];
    for (let i = 0; i < MOST_DUPLICATES && hasRule(setting, run); i++) {
      run([...ip, 'rule', 'del', 'fwmark', setting.mark, 'lookup', setting.table]);
    }
    run([...ip, 'route', 'del', 'local', 'default', 'dev', 'lo', 'table', setting.table]);
  }
}

/** Upstream piles up a rule at each run; more than this nobody has. */
const MOST_DUPLICATES = 100;

type TproxyRoute = Extract<RouteSetting, { kind: 'tproxy-route' }>;

function addAddress(address: string, run: RunCommand): readonly Problem[] {
  // The kernel takes an address once, and says so.
  return must(run, ['ip', '-6', 'addr', 'add', address, 'dev', 'lo']);
}

function addRoute(setting: TproxyRoute, run: RunCommand): readonly Problem[] {
  const ip = ['ip', family(setting)];
  const problems: Problem[] = [];
  if (!hasRule(setting, run)) {
    problems.push(...must(run, [...ip, 'rule', 'add', 'fwmark', setting.mark, 'lookup', setting.table]));
  }
  const routes = run([...ip, 'route', 'show', 'table', setting.table]);
  if (!routes.stdout.includes('local default dev lo')) {
    problems.push(...must(run, [...ip, 'route', 'add', 'local', 'default', 'dev', 'lo', 'table', setting.table]));
  }
  return problems;
}

function hasRule(setting: TproxyRoute, run: RunCommand): boolean {
  const mark = `0x${Number(setting.mark).toString(16)}`;
  return run(['ip', family(setting), 'rule', 'show'])
    .stdout.split('\n')
    .some((line) => line.includes(`fwmark ${mark} `) && line.trimEnd().endsWith(`lookup ${setting.table}`));
}

function family(setting: TproxyRoute): string {
  return setting.family === 4 ? '-4' : '-6';
}

function must(run: RunCommand, command: readonly string[]): readonly Problem[] {
  const outcome = run(command);
  // It may be there from an earlier run, or somebody else has added it in between. Newer kernels say it of addresses.
  if (outcome.status === 0 || /File exists|already assigned/.test(outcome.stderr)) return [];
  return [
    {
      code: 'CAPTURE_APPLY_FAILED',
      severity: 'error',
      message: `${command.join(' ')}: ${failureText(outcome)}`,
      remedy: remedyFor(outcome),
    },
  ];
}
