/** The two verbs of the room: compile a text, execute what was compiled. */
import { failed, type Parsed, ProblemError, parsed } from '../problem.ts';
import { goBuiltins } from './builtins.ts';
import type { FunctionTable } from './define-func.ts';
import { compileTree, execute } from './execute.ts';
import { exhaustion } from './exhaustion.ts';
import { parse } from './parse.ts';
import { joinBytes } from './quote.ts';
import {
  type CompiledTemplate,
  DEFAULT_LIMITS,
  type MissingKey,
  newRun,
  type Program,
  problem,
  type TemplateLimits,
} from './run.ts';
import type { GoValue, TemplateHost } from './value.ts';

export type CompileOptions = {
  /** Appears in messages; `inject` by default, as Istio names its templates. */
  readonly name?: string | undefined;
  /** Delimiters; empty or absent means `{{` and `}}`. */
  readonly left?: string | undefined;
  readonly right?: string | undefined;
  readonly missingKey?: MissingKey | undefined;
  /** Besides Go's builtins, which they override. */
  readonly functions?: FunctionTable | undefined;
};

/**
 * Parses and compiles a template and all that it defines. Fails with TEMPLATE_PARSE, whose message is Go's own
 * (`template: NAME:LINE: text`), or TEMPLATE_LIMIT where it is nested too deeply. Never throws.
 */
export function compileTemplate(source: string, options: CompileOptions = {}): Parsed<CompiledTemplate> {
  const name = options.name ?? 'inject';
  const table: FunctionTable =
    options.functions === undefined ? goBuiltins : new Map([...goBuiltins, ...options.functions]);
  try {
    const trees = parse(source, {
      name,
      left: options.left || '{{',
      right: options.right || '}}',
      hasFunction: (word) => table.has(word),
    });
    const functions = { table, builtins: goBuiltins };
    return parsed({ name, source, missingKey: options.missingKey ?? 'default', body: lazily(trees, functions) });
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem);
    const limit = exhaustion(error);
    if (limit === undefined) throw error;
    return failed({ code: 'TEMPLATE_LIMIT', severity: 'error', message: `template: ${name}: ${limit}` });
  }
}

/** Programs made when a template is first executed: a configuration has eight templates, and a pod asks for one. */
function lazily(
  trees: ReturnType<typeof parse>,
  functions: Parameters<typeof compileTree>[1],
): CompiledTemplate['body'] {
  const programs = new Map<string, Program>();
  return (name) => {
    const known = programs.get(name);
    const list = known === undefined ? trees.get(name) : undefined;
    if (list === undefined) return known;
    const program = compileTree(list, functions);
    programs.set(name, program);
    return program;
  };
}

/**
 * Runs a compiled template over data. Fails with TEMPLATE_EXEC, whose message is Go's own (`template: NAME:LINE:COLUMN:
 * executing "NAME" at <NODE>: text`), or TEMPLATE_LIMIT; nothing of the output is given then. Never throws.
 */
export function executeTemplate(
  template: CompiledTemplate,
  data: GoValue,
  options: { readonly host?: TemplateHost; readonly limits?: Partial<TemplateLimits> } = {},
): Parsed<string> {
  // Go's reflect.ValueOf(nil) is no value.
  const run = newRun(template, data ?? undefined, options.host ?? {}, { ...DEFAULT_LIMITS, ...options.limits });
  try {
    execute(run);
    return parsed(joinBytes(run.output));
  } catch (error) {
    if (error instanceof ProblemError) {
      return failed(
        error.problem.where === undefined ? problem(run, error.problem.code, error.problem.message) : error.problem,
      );
    }
    const limit = exhaustion(error);
    if (limit === undefined) throw error;
    return failed(problem(run, 'TEMPLATE_LIMIT', limit));
  }
}
