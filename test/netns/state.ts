/** The corpus' `state` scenarios and the script of 1.0.2, on a real kernel, each in namespaces of its own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { applyIptables } from '../../src/apps/capture/apply-iptables.ts';
import { applyNftables } from '../../src/apps/capture/apply-nftables.ts';
import { detectIptables, save } from '../../src/apps/capture/back-end.ts';
import { istioIptablesScript } from '../../src/apps/capture/script.ts';
import {
  type CaptureConfig,
  captureConfigFromJson,
  checkCommands,
  compareState,
  iptablesLines,
  parseIptablesState,
  planCapture,
  renderIptablesRestore,
} from '../../src/core/capture/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { commandRunner, type RunCommand } from '../../src/platform/run-command.ts';
import { type CaseResult, CORPUS, readCorpus } from '../conformance/corpus.ts';
import { take } from './kernel-rules.ts';
import { run } from './namespaces.ts';

type Run = {
  readonly EnableIPv6?: boolean;
  readonly Reconcile?: boolean;
  readonly ForceApply?: boolean;
  readonly CleanupOnly?: boolean;
};

type Step = {
  readonly run?: Run;
  readonly construct?: Run;
  readonly state?: boolean;
  readonly exec?: readonly string[];
  readonly dump?: string;
  readonly expect?: Readonly<Record<string, unknown>>;
};

type Scenario = {
  readonly name: string;
  readonly config?: JsonObject;
  readonly forEach?: string;
  readonly steps: readonly Step[];
};

type Case = { readonly name: string; readonly config: JsonObject };

const ROOT: JsonObject = { ProxyUID: '0', ProxyGID: '0', OwnerGroupsInclude: '0' };

export function runStates(): readonly CaseResult[] {
  return scenarios().flatMap((scenario) => {
    const group = scenario.forEach?.replace('group ', '');
    if (group === undefined) return [runScenario(scenario, scenario.name, { ...ROOT, ...scenario.config })];
    return casesOf<Case>(group).map((one) => {
      const changes = group === 'nftables' ? { OwnerGroupsInclude: '0' } : ROOT;
      return runScenario(scenario, `${scenario.name}/${one.name}`, { ...one.config, ...changes });
    });
  });
}

function scenarios(): readonly Scenario[] {
  return casesOf<Scenario>('state');
}

function casesOf<T>(group: string): readonly T[] {
  return readdirSync(join(CORPUS, 'capture', group))
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readCorpus('capture', group, file)) as T);
}

let counter = 0;

function inNamespace<T>(body: (name: string) => T): T {
  counter++;
  const name = `remora-state-${process.pid}-${threadId}-${counter}`;
  run(['ip', 'netns', 'add', name]);
  try {
    run(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
    run(['ip', '-n', name, 'addr', 'add', '240.240.240.240/32', 'dev', 'lo']);
    return body(name);
  } finally {
    run(['ip', 'netns', 'del', name]);
  }
}

function runScenario(scenario: Scenario, name: string, config: JsonObject): CaseResult {
  const why = inNamespace((namespace) => {
    const dumps = new Map<string, string>();
    for (const [i, step] of scenario.steps.entries()) {
      const wrong = runStep(
        step,
        namespace,
        take(captureConfigFromJson(config)),
        scenario.name.startsWith('nftables'),
        dumps,
      );
      if (wrong !== undefined) return `step ${i + 1}: ${wrong}`;
    }
    return undefined;
  });
  return { suite: 'capture', path: 'state', name, passed: why === undefined, why };
}

function runStep(
  step: Step,
  namespace: string,
  config: CaptureConfig,
  nftables: boolean,
  dumps: Map<string, string>,
): string | undefined {
  const inside = commandRunner(['ip', 'netns', 'exec', namespace]);
  if (step.exec !== undefined) {
    const outcome = inside(step.exec);
    return outcome.status === 0 ? undefined : `${step.exec.join(' ')}: ${outcome.stderr}`;
  }
  if (step.construct !== undefined) {
    const enableIpv6 = step.construct.EnableIPv6 === true;
    const failed = enableIpv6 && !detectIptables(6, '', withoutIpv6(inside)).ok;
    return compare(step, { error: failed });
  }
  if (step.run !== undefined) {
    const changed = { ...config, enableIpv6: step.run.EnableIPv6 ?? config.enableIpv6, nativeNftables: nftables };
    const plan = take(planCapture(changed));
    const runner = step.run.EnableIPv6 === undefined ? inside : withoutIpv6(inside);
    const options = {
      reconcile: step.run.Reconcile === true,
      cleanupOnly: step.run.CleanupOnly === true,
      forceApply: step.run.ForceApply === true,
      forceIptablesBinary: '',
    };
    const problems = nftables
      ? applyNftables(plan, options.cleanupOnly, inside, () => {})
      : applyIptables(plan, options, runner, () => {});
    const error = compare(step, { error: problems.length > 0 });
    return error === undefined ? undefined : `${error}: ${problems.map((problem) => problem.message).join('; ')}`;
  }
  if (step.dump !== undefined) return dump(step, step.dump, inside, dumps);
  return compare(step, stateOf(config, inside));
}

/** As if no ip6tables could be used. */
function withoutIpv6(inside: RunCommand): RunCommand {
  return (command, input) =>
    command[0]?.startsWith('ip6tables') ? { status: 127, stdout: '', stderr: 'not found' } : inside(command, input);
}

function dump(step: Step, name: string, inside: RunCommand, dumps: Map<string, string>): string | undefined {
  const text = inside(['nft', '-s', 'list', 'ruleset']).stdout;
  dumps.set(name, text);
  const equals = step.expect?.equals;
  return compare(step, {
    empty: text.trim() === '',
    ...(typeof equals === 'string' ? { equals: text === dumps.get(equals) ? equals : 'other' } : {}),
  });
}

function stateOf(config: CaptureConfig, inside: RunCommand): Readonly<Record<string, unknown>> {
  const plan = take(planCapture(config));
  const leftovers: { [family: string]: string } = {};
  const families = ([4, 6] as const).map((family) => {
    const tools = take(detectIptables(family, '', inside));
    const saved = save(tools);
    const planned = plan.families.includes(family) ? renderIptablesRestore(plan, family) : '';
    const lines = planned === '' ? [] : iptablesLines(plan, family);
    const checksHold = checkCommands(lines).every((command) => inside([tools.probe.binary, ...command]).status === 0);
    leftovers[`istioLeftoversV${family}`] = leftoverText(saved);
    return { saved, planned, checksHold };
  });
  return { ...compareState(families), ...leftovers };
}

/** `none`, `nat: 1 chain`, or `some`. */
function leftoverText(saved: string): string {
  const tables = Object.entries(parseIptablesState(saved)).flatMap(([table, chains]) => {
    const ours = Object.keys(chains).filter((chain) => chain.startsWith('ISTIO_')).length;
    return ours === 0 ? [] : [`${table}: ${ours} chain`];
  });
  return tables.length === 0 ? 'none' : tables.join(', ');
}

function compare(step: Step, got: Readonly<Record<string, unknown>>): string | undefined {
  for (const [key, want] of Object.entries(step.expect ?? {})) {
    const value = got[key];
    const same = value === want || (want === 'some' && value !== 'none');
    if (!same) return `${key}: want ${JSON.stringify(want)}, got ${JSON.stringify(value)}`;
  }
  return undefined;
}

// The script.

type ScriptCase = {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly runFirst?: string;
  readonly expected: string;
};

export function runScripts(): readonly CaseResult[] {
  const cases = casesOf<ScriptCase>('script-1.0.2');
  return cases.map((one) => {
    const why = inNamespaceBare((inside) => {
      const first = cases.find((other) => other.name === one.runFirst);
      for (const step of first === undefined ? [one] : [first, one]) {
        istioIptablesScript(
          step.args,
          { ENVOY_USER: 'no-such-user', ...step.env },
          { out: () => {}, err: () => {} },
          legacy(inside),
        );
      }
      const want = readCorpus('capture', 'script-1.0.2', one.expected);
      return listingDifference(want, inside);
    });
    return { suite: 'capture', path: 'script-1.0.2', name: one.name, passed: why === undefined, why };
  });
}

function inNamespaceBare<T>(body: (inside: RunCommand) => T): T {
  counter++;
  const name = `remora-script-${process.pid}-${threadId}-${counter}`;
  run(['ip', 'netns', 'add', name]);
  try {
    return body(commandRunner(['ip', 'netns', 'exec', name]));
  } finally {
    run(['ip', 'netns', 'del', name]);
  }
}

/** The goldens were made with iptables (legacy). */
function legacy(inside: RunCommand): RunCommand {
  return (command, input) =>
    inside([command[0]?.replace(/^(ip6?tables)/, '$1-legacy') ?? '', ...command.slice(1)], input);
}

function listingDifference(golden: string, inside: RunCommand): string | undefined {
  const sections = golden.split(/^# /m).slice(1);
  for (const section of sections) {
    const [head = '', ...want] = section.trimEnd().split('\n');
    const got = legacy(inside)(head.split(' '))
      .stdout.trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
    const wanted = want.map((line) => line.trimEnd().replace(/:\t/, ': '));
    const seen = got.filter((line) => line !== '').map((line) => line.replace(/:\t/, ': '));
    if (JSON.stringify(seen) !== JSON.stringify(wanted.filter((line) => line !== ''))) {
      return `${head}: want ${JSON.stringify(wanted)}, got ${JSON.stringify(seen)}`;
    }
  }
  return undefined;
}
