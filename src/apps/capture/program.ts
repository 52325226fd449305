import {
  type CaptureConfig,
  type CaptureRules,
  mayNotLoad,
  planCapture,
  possibleRoutes,
  type RunOptions,
  renderNftables,
  renderTranscript,
  validateCaptureConfig,
} from '../../core/capture/index.ts';
import { failed, type Parsed, type Problem } from '../../core/problem.ts';
import { isRoot } from '../../platform/machine.ts';
import type { RunCommand } from '../../platform/run-command.ts';
import { applyIptables, type Log } from './apply-iptables.ts';
import { applyNftables } from './apply-nftables.ts';
import { addRoutes, removeRoutes } from './routes.ts';

export type ProgramOptions = Pick<
  RunOptions,
  'reconcile' | 'cleanupOnly' | 'forceApply' | 'forceIptablesBinary' | 'skipRuleApply'
>;

/** Checks a configuration and makes its rules, before anything is touched. */
export function planChecked(config: CaptureConfig): Parsed<CaptureRules> {
  const problems = validateCaptureConfig(config);
  return problems.length > 0 ? failed(...problems) : planCapture(config);
}

/** Programs the kernel: rules, then routes and addresses; or takes all of it away again. */
export function program(
  config: CaptureConfig,
  rules: CaptureRules,
  options: ProgramOptions,
  run: RunCommand,
  log: Log,
): readonly Problem[] {
  if (options.skipRuleApply) return [];
  if (!isRoot()) return [notRoot()];
  const problems = config.nativeNftables
    ? applyNftables(rules, options.cleanupOnly, run, log)
    : applyIptables(rules, { ...options, doubtful: mayNotLoad(config) }, run, log);
  if (options.cleanupOnly) {
    removeRoutes(possibleRoutes(config), run);
    return problems;
  }
  return problems.length > 0 ? problems : addRoutes(rules.routes, run);
}

/** What would be called, as istio-iptables records a dry run; for nftables the transaction. */
export function dryRunText(config: CaptureConfig, rules: CaptureRules): string {
  return config.nativeNftables ? renderNftables(rules) : renderTranscript(rules);
}

function notRoot(): Problem {
  return {
    code: 'CAPTURE_APPLY_FAILED',
    severity: 'error',
    message: 'rules can be programmed by root only',
    remedy:
      'Run as uid 0 with NET_ADMIN and NET_RAW; in Kubernetes: securityContext runAsUser 0 and these two capabilities.',
  };
}
