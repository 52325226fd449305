import { bootstrapForCase } from '../../core/envoy/index.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';
import { type Arguments, flagText, usage } from './arguments.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, usageFailure } from './failure.ts';
import { problemsText } from './problem-text.ts';
import { readText } from './read-files.ts';

/** `remora proxy bootstrap`: Envoy's bootstrap for the facts of one file. */
export function proxyBootstrap(args: Arguments, surroundings: Surroundings): CommandResult {
  const file = flagText(args, 'config');
  if (file === undefined || args.operands.length > 0) {
    const text = file === undefined ? 'proxy bootstrap needs --config FILE' : 'proxy bootstrap takes no operands';
    return usageFailure(
      [usage(text, 'Name one file with the facts: remora proxy bootstrap --config pod.json.')],
      'proxy bootstrap',
      args,
      surroundings,
    );
  }
  const source = readText(file);
  if (!source.ok) return failure(source.problems, args, surroundings);
  let facts: JsonValue;
  try {
    facts = JSON.parse(source.value) as JsonValue;
  } catch (error) {
    return failure([notJson(file, error)], args, surroundings);
  }
  const built = bootstrapForCase(facts);
  const problems = built.problems.map((problem) => ({ ...problem, where: { ...problem.where, file } }));
  if (!built.ok) return failure(problems, args, surroundings);
  return {
    exitCode: 0,
    output: `${JSON.stringify(built.value.config, null, 2)}\n`,
    ...(problems.length === 0 ? {} : { error: problemsText(problems, surroundings.paintError) }),
  };
}

function notJson(file: string, error: unknown): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'error',
    message: `the file is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    where: { file },
    remedy: 'Give a JSON object as docs/proxy.md describes it.',
  };
}
