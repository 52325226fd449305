/**
 * The cases of the gotemplate corpus: each a template that real Go ran. Where Go 1.26 differs from Go 1.19 the corpus
 * has both results, and the newer is ours.
 */
import { randomBytes } from 'node:crypto';
import {
  compileTemplate,
  executeTemplate,
  fromJson,
  type GoValue,
  sprigFunctions,
} from '../../src/core/gotemplate/index.ts';
import type { Problem } from '../../src/core/problem.ts';
import { type CaseResult, readCorpus } from './corpus.ts';

type Expected =
  | { readonly output: string }
  | { readonly error: true; readonly phase: 'parse' | 'exec'; readonly message: string };

export type TemplateCase = {
  readonly id: string;
  readonly group: string;
  readonly template: string;
  readonly delims: readonly [string, string];
  readonly data: GoValue;
  readonly options: readonly string[];
  readonly expected: Expected;
};

export type TemplateOutcome = {
  readonly id: string;
  readonly group: string;
  readonly passed: boolean;
  readonly why: string | undefined;
  /** For errors: Go's position and ours, and whether the whole message is the same. */
  readonly error?:
    | { readonly samePosition: boolean; readonly sameMessage: boolean; readonly texts: string }
    | undefined;
};

export function readTemplateCases(): readonly TemplateCase[] {
  const text = readCorpus('gotemplate', 'cases.json');
  const cases = JSON.parse(text) as (Omit<TemplateCase, 'data'> & {
    readonly data: Parameters<typeof fromJson>[0];
    readonly alt?: { readonly expected: Expected };
  })[];
  return cases.map(({ alt, data, ...rest }) => ({
    ...rest,
    data: fromJson(data),
    expected: alt?.expected ?? rest.expected,
  }));
}

export function runTemplateCase(testCase: TemplateCase): TemplateOutcome {
  const { id, group, expected } = testCase;
  const actual = run(testCase);
  if ('output' in expected) {
    if (actual.phase === 'done') {
      const passed = actual.output === expected.output;
      return {
        id,
        group,
        passed,
        why: passed ? undefined : `want ${show(expected.output)} got ${show(actual.output)}`,
      };
    }
    return { id, group, passed: false, why: `want ${show(expected.output)} got error ${actual.problem.message}` };
  }
  if (actual.phase === 'done') {
    return { id, group, passed: false, why: `want error ${expected.message} got ${show(actual.output)}` };
  }
  const passed = actual.phase === expected.phase;
  const error = {
    samePosition: position(actual.problem.message) === position(expected.message),
    sameMessage: actual.problem.message === expected.message,
    texts: `want ${expected.message} got ${actual.problem.message}`,
  };
  return { id, group, passed, why: passed ? undefined : error.texts, error };
}

/** For the table of all suites. */
export function runGotemplate(): readonly CaseResult[] {
  return readTemplateCases().map((testCase) => {
    const { id, group, passed, why } = runTemplateCase(testCase);
    return { suite: 'gotemplate', path: group, name: id, passed, why };
  });
}

type Actual =
  | { readonly phase: 'done'; readonly output: string }
  | { readonly phase: 'parse' | 'exec'; readonly problem: Problem };

function run({ template, delims, options, data }: TemplateCase): Actual {
  const missing = options.findLast((option) => option.startsWith('missingkey='))?.slice('missingkey='.length);
  const compiled = compileTemplate(template, {
    name: 't',
    left: delims[0],
    right: delims[1],
    missingKey: missing === 'zero' || missing === 'error' ? missing : 'default',
    functions: sprigFunctions,
  });
  if (!compiled.ok) return { phase: 'parse', problem: first(compiled.problems) };
  // encryptAES takes a random start, which decryptAES gets rid of again.
  const host = { random: (length: number): Uint8Array => randomBytes(length) };
  const executed = executeTemplate(compiled.value, data, { host });
  return executed.ok ? { phase: 'done', output: executed.value } : { phase: 'exec', problem: first(executed.problems) };
}

function first(problems: readonly Problem[]): Problem {
  const problem = problems[0];
  if (problem === undefined) throw new Error('a failure without a problem');
  return problem;
}

function position(message: string): string | undefined {
  return /^template: t:(\d+(?::\d+)?):/.exec(message)?.[1];
}

function show(text: string): string {
  return JSON.stringify(text.length > 1000 ? `${text.slice(0, 1000)}…` : text);
}
