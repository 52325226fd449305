import {
  type CaptureRules,
  renderNftables,
  renderNftablesCleanup,
  splitOwnerGroups,
} from '../../core/capture/index.ts';
import type { Problem } from '../../core/problem.ts';
import type { RunCommand } from '../../platform/run-command.ts';
import type { Log } from './apply-iptables.ts';
import { failureText, remedyFor } from './back-end.ts';

/** One transaction replaces our tables, or removes them: all or nothing. */
export function applyNftables(
  planned: CaptureRules,
  cleanupOnly: boolean,
  run: RunCommand,
  log: Log,
): readonly Problem[] {
  const text = cleanupOnly ? renderNftablesCleanup() : renderNftables(splitOwnerGroups(planned, 'nft'));
  log(text);
  const check = run(['nft', '--check', '-f', '-'], text);
  if (check.status === 127) return [missing()];
  const outcome = check.status === 0 ? run(['nft', '-f', '-'], text) : check;
  if (outcome.status === 0) return [];
  const message = `nft does not take the rules: ${failureText(outcome)}`;
  return [{ code: 'CAPTURE_APPLY_FAILED', severity: 'error', message, remedy: remedyFor(outcome) }];
}

function missing(): Problem {
  return {
    code: 'CAPTURE_BACK_END',
    severity: 'error',
    message: 'nft is not installed',
    remedy: 'Use an image that has nftables 1.0.1 or newer, or leave --native-nftables out for iptables.',
  };
}
