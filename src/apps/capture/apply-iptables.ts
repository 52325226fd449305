import {
  type ApplyDecision,
  type CaptureRule,
  type CaptureRules,
  CHAIN_PREFIX,
  compareState,
  decideApply,
  type FamilyState,
  foreignLeftovers,
  GUARDRAILS,
  GUARDRAILS_OFF,
  type IpFamily,
  iptablesLines,
  parseIptablesSave,
  parseIptablesState,
  type RunOptions,
  recogniseRules,
  renderIptablesRestore,
  restoreText,
  type StateVerdict,
  splitOwnerGroups,
  undoCommands,
} from '../../core/capture/index.ts';
import type { Problem } from '../../core/problem.ts';
import type { RunCommand } from '../../platform/run-command.ts';
import { detectIptables, failureText, type IptablesTools, iptables, remedyFor, restore, save } from './back-end.ts';

export type Log = (line: string) => void;

export type ApplyIptablesOptions = Pick<
  RunOptions,
  'reconcile' | 'cleanupOnly' | 'forceApply' | 'forceIptablesBinary'
> & { /** Only the back end can tell whether the rules load. */ readonly doubtful?: boolean };

/** `saved` is what was there when the run began. */
type Family = { readonly tools: IptablesTools; readonly text: string; readonly saved: string };

/**
 * Programs, replaces or removes the rules by iptables, as the present state and the options say (capture.md 6). A text
 * is loaded table by table, so that one which may fail is tested first: nothing is half applied.
 */
export function applyIptables(
  planned: CaptureRules,
  options: ApplyIptablesOptions,
  run: RunCommand,
  log: Log,
): readonly Problem[] {
  const rules = splitOwnerGroups(planned, 'iptables');
  const found = findTools(rules, options.forceIptablesBinary, run, log);
  if (!found.ok) return found.problems;
  const families = found.families.map(
    (tools): Family => ({
      tools,
      text: rules.families.includes(tools.family) ? renderIptablesRestore(rules, tools.family) : '',
      saved: tools.probe.saved,
    }),
  );
  // A test costs a process. A sound text of the first family needs none: what fails there fails before the others.
  const doubted = options.doubtful === true ? families : families.slice(1);
  const broken = options.cleanupOnly ? [] : doubted.flatMap(testText);
  if (broken.length > 0) return broken;
  // Rules that a run which was killed has left in the way of all traffic.
  const barred = families.filter(hasGuardrails);
  const verdict = stateOf(families, rules);
  const decision = decideApply(verdict, options);
  log(`residue ${verdict.residue}, delta ${verdict.delta}: ${decision.because}`);
  const problems = carryOut(decision, families, rules, options.forceApply);
  if (!decision.guardrails) for (const family of barred) removeGuardrails(family);
  // As upstream: what is there now, also after a failure.
  for (const { tools, text } of families) if (text !== '') log(save(tools));
  return problems;
}

type Found =
  | { readonly ok: true; readonly families: readonly IptablesTools[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** IPv6 may be missing where it is off. */
function findTools(rules: CaptureRules, forced: string, run: RunCommand, log: Log): Found {
  const v4 = detectIptables(4, forced, run);
  if (!v4.ok) return { ok: false, problems: v4.problems };
  log(`rules are programmed by ${v4.value.probe.binary}`);
  const v6 = detectIptables(6, forced, run);
  if (v6.ok) return { ok: true, families: [v4.value, v6.value] };
  if (rules.families.includes(6)) return { ok: false, problems: v6.problems };
  log(`ip6tables cannot be used, and IPv6 is off: ${v6.problems.map((problem) => problem.message).join('; ')}`);
  return { ok: true, families: [v4.value] };
}

/** A text that does not load must be known before the first one is loaded. */
function testText({ tools, text }: Family): readonly Problem[] {
  if (text === '') return [];
  const outcome = restore(tools, text, true);
  return outcome.status === 0 ? [] : [failed(tools, 'does not take the rules', outcome)];
}

function stateOf(families: readonly Family[], rules: CaptureRules): StateVerdict {
  return compareState(families.map((family) => familyState(family, rules)));
}

function familyState({ tools, text, saved }: Family, rules: CaptureRules): FamilyState {
  return { saved, planned: text, checksHold: missingRules(saved, rules, tools.family).length === 0 };
}

/** Planned rules that the text of a save command lacks: what iptables' own check would not find. */
function missingRules(saved: string, rules: CaptureRules, family: IpFamily): readonly CaptureRule[] {
  const read = parseIptablesSave(saved, family);
  return read.ok ? recogniseRules(read.value.rules, rules, family).missing : rules.rules;
}

/** Teardown goes on past an error; guardrails go in any case. */
function carryOut(
  decision: ApplyDecision,
  families: readonly Family[],
  rules: CaptureRules,
  force: boolean,
): readonly Problem[] {
  const used = families.filter((family) => family.text !== '');
  const problems: Problem[] = [];
  if (decision.guardrails) {
    for (const family of used) {
      removeGuardrails(family);
      const outcome = restore(family.tools, restoreText(GUARDRAILS));
      if (outcome.status !== 0)
        problems.push(failed(family.tools, 'cannot stop the traffic while rules are exchanged', outcome));
    }
  }
  if (problems.length === 0) {
    if (decision.cleanup) for (const family of families) cleanUp(family, rules);
    const now = decision.cleanup ? used.map((family) => ({ ...family, saved: save(family.tools) })) : used;
    if (decision.apply) problems.push(...apply(now, rules, { force, check: !force && !decision.cleanup }));
  }
  if (decision.guardrails) for (const family of used) removeGuardrails(family);
  return problems;
}

/** IPv4 first; a family that fails ends it, and what is loaded stays. */
function apply(
  families: readonly Family[],
  rules: CaptureRules,
  { force, check }: { readonly force: boolean; readonly check: boolean },
): readonly Problem[] {
  for (const family of families) {
    const others = check ? otherChains(family, rules) : [];
    if (others.length > 0) return others;
    const text = force ? family.text : missingTables(family, rules);
    if (text === '') continue;
    const outcome = restore(family.tools, text);
    if (outcome.status !== 0) return [failed(family.tools, 'cannot load the rules', outcome)];
  }
  return [];
}

/**
 * Chains that we would make and that are there already, otherwise than planned: of another configuration. Upstream fails at
 * the first of them, when other tables may be loaded already; we look first, so that no mixture of two configurations comes to be.
 */
function otherChains({ tools, text, saved }: Family, rules: CaptureRules): readonly Problem[] {
  const present = parseIptablesState(saved);
  const isRight = rightTables({ tools, text, saved }, rules);
  const planned = parseIptablesState(text);
  const found = Object.entries(present).flatMap(([table, chains]) =>
    isRight(table)
      ? []
      : Object.keys(chains)
          .filter((chain) => chain.startsWith(CHAIN_PREFIX) && planned[table]?.[chain] !== undefined)
          .map((chain) => `${chain} (${table})`),
  );
  if (found.length === 0) return [];
  return [
    {
      code: 'CAPTURE_APPLY_FAILED',
      severity: 'error',
      message: `rules of another configuration are there already, by ${tools.probe.binary}: ${found.join(', ')}`,
      remedy: 'Look whose they are, and run with --reconcile to replace them; remora capture cleanup removes them.',
    },
  ];
}

/**
 * The tables that are to be loaded. One that is right already is left out: a run that was killed between two tables or
 * families is finished by the next one.
 */
function missingTables(family: Family, rules: CaptureRules): string {
  const isRight = rightTables(family, rules);
  return restoreText(iptablesLines(rules, family.tools.family).filter((line) => !isRight(line.table)));
}

/** Whether a table is as planned: in our chains exactly, in the kernel's own at least. */
function rightTables({ tools, text, saved }: Family, rules: CaptureRules): (table: string) => boolean {
  const present = parseIptablesState(saved);
  const planned = parseIptablesState(text);
  const missing = new Set(missingRules(saved, rules, tools.family).map((rule) => rule.table as string));
  return (table) => {
    if (missing.has(table)) return false;
    const wanted = Object.entries(planned[table] ?? {});
    const ours = Object.keys(present[table] ?? {}).filter((chain) => chain.startsWith(CHAIN_PREFIX));
    return (
      ours.every((chain) => planned[table]?.[chain] !== undefined) &&
      wanted.every(([chain, lines]) => {
        const there = present[table]?.[chain]?.length ?? -1;
        return chain.startsWith(CHAIN_PREFIX) ? there === lines.length : there >= lines.length;
      })
    );
  };
}

/** Takes away what the plan has, then what else of ours is there. */
function cleanUp({ tools, text }: Family, rules: CaptureRules): void {
  const lines = text === '' ? [] : iptablesLines(rules, tools.family);
  for (const command of undoCommands(lines)) iptables(tools, command);
  for (const command of foreignLeftovers(save(tools))) iptables(tools, command);
}

function hasGuardrails({ saved }: Family): boolean {
  return GUARDRAILS.every(({ chain, params }) => saved.includes(`-A ${chain} ${params.join(' ')}`));
}

function removeGuardrails({ tools }: Family): void {
  // One by one, a run that is killed in between would leave some, which nobody could tell from a user's own rules.
  if (restore(tools, GUARDRAILS_OFF).status === 0) return;
  for (const { table, chain, params } of GUARDRAILS) iptables(tools, ['-t', table, '-D', chain, ...params]);
}

function failed(tools: IptablesTools, what: string, outcome: ReturnType<RunCommand>): Problem {
  return {
    code: 'CAPTURE_APPLY_FAILED',
    severity: 'error',
    message: `${tools.probe.binary}-restore ${what}: ${failureText(outcome)}`,
    remedy: remedyFor(outcome),
  };
}
