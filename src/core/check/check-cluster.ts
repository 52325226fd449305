import { configRules } from './config-rules.ts';
import { type ClusterSnapshot, FAMILIES, FINDINGS, type Finding } from './model.ts';
import { podRules } from './pod-rules.ts';
import { reachRules } from './reach-rules.ts';
import { runRules } from './run-rules.ts';
import { selectorRules } from './selector-rules.ts';
import { webhookRules } from './webhook-rules.ts';

const RULES: readonly ((snapshot: ClusterSnapshot) => readonly Finding[])[] = [
  accessRules,
  webhookRules,
  reachRules,
  selectorRules,
  podRules,
  configRules,
  runRules,
];

/** Everything that can be said of a cluster's injection, by family; errors of a family first. */
export function checkCluster(snapshot: ClusterSnapshot): readonly Finding[] {
  const findings = RULES.flatMap((rule) => rule(snapshot));
  const rank = { error: 0, warning: 1, ok: 2 };
  return FAMILIES.flatMap(([family]) =>
    findings.filter(({ id }) => FINDINGS[id][0] === family).sort((a, b) => rank[a.severity] - rank[b.severity]),
  );
}

function accessRules({ unread }: ClusterSnapshot): readonly Finding[] {
  return unread.map(({ what, why }) => ({
    id: 'not-readable',
    severity: 'warning',
    where: what,
    message: `It cannot be read: ${why}`,
    remedy: 'Ask for the right to list it, or check with another context; what depends on it is not checked.',
  }));
}
