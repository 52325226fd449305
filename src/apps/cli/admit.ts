import {
  answerReview,
  explain,
  type InjectionOutcome,
  inject,
  parseInjectEnvs,
  type ReviewAnswer,
} from '../../core/injection/index.ts';
import { getKey, isObject, type JsonValue } from '../../core/json.ts';
import type { ManifestSettings } from '../../core/manifest/index.ts';
import type { Problem } from '../../core/problem.ts';
import { type Arguments, flagText, flagTexts, inputProblems, usage } from './arguments.ts';
import { clusterConfig } from './cluster-config.ts';
import type { CommandResult, Surroundings } from './command.ts';
import { failure, usageFailure } from './failure.ts';
import { clusterFlagProblems } from './istioctl-flags.ts';
import { problemsText } from './problem-text.ts';
import { readText } from './read-files.ts';
import { readSettings } from './read-settings.ts';
import { reportJson } from './report.ts';

/** `remora admit`: what the webhook would answer to a review, offline, as the AdmissionReview that it would send. */
export async function admit(args: Arguments, surroundings: Surroundings): Promise<CommandResult> {
  const path = flagText(args, 'path') ?? '/inject';
  const misused = [...inputProblems(args), ...oneFile(args), ...pathProblems(path), ...clusterFlagProblems(args)];
  if (misused.length > 0) return usageFailure(misused, 'admit', args, surroundings);
  const read = new Map<string, string>();
  const cluster = await clusterConfig(args, surroundings.env);
  if (!cluster.ok) return failure(cluster.problems, args, surroundings);
  const settings = readSettings(args, surroundings, read, cluster.value);
  const file = flagTexts(args, 'filename')[0] ?? '-';
  const body = readText(file);
  if (!settings.ok || !body.ok) return failure([...settings.problems, ...body.problems], args, surroundings, read);
  const { answer, outcome } = review(body.value, path, settings.value);
  const problems = [...settings.problems, ...refusals(answer, outcome, file)];
  const error = said(outcome, problems, args, surroundings);
  return { exitCode: isAllowed(answer) ? 0 : 1, output: answer.status === 200 ? `${answer.body}\n` : '', error };
}

function review(body: string, path: string, { config, context, namespaces }: ManifestSettings) {
  const answer = answerReview(body, 'application/json', config.release, ({ pod, namespace }) =>
    inject(
      pod,
      {
        ...context,
        path: 'webhook',
        requestNamespace: namespace,
        proxyEnvs: parseInjectEnvs(decodeURIComponent(path), config.release),
        namespaceObject: namespaces.get(namespace),
      },
      config,
    ),
  );
  return { answer, outcome: answer.outcome };
}

function oneFile(args: Arguments): readonly Problem[] {
  return flagTexts(args, 'filename').length > 1 ? [usage('admit answers one review at a time', 'Name one file.')] : [];
}

function pathProblems(path: string): readonly Problem[] {
  const problem = usage(
    `--path "${path}" is no path of the webhook`,
    'Give /inject, or parameters below it: /inject/cluster/c1.',
  );
  try {
    const decoded = decodeURIComponent(path);
    return decoded === '/inject' || decoded.startsWith('/inject/') ? [] : [problem];
  } catch {
    return [problem];
  }
}

function isAllowed({ status, body }: ReviewAnswer): boolean {
  if (status !== 200) return false;
  const answer: JsonValue = JSON.parse(body);
  const response = isObject(answer) ? getKey(answer, 'response') : undefined;
  return isObject(response) && getKey(response, 'allowed') === true;
}

/** What the engine says of its failure; where it was never asked, what the answer says. */
function refusals(answer: ReviewAnswer, outcome: InjectionOutcome | undefined, file: string): readonly Problem[] {
  if (outcome !== undefined) return outcome.problems;
  return [
    {
      code: 'REVIEW_INVALID',
      severity: 'error',
      message: messageOf(answer),
      where: { file },
      remedy: 'Give an AdmissionReview with a pod in request.object, as the API server sends it.',
    },
  ];
}

function messageOf({ status, body }: ReviewAnswer): string {
  if (status !== 200) return `${status} ${body.trim()}`;
  const answer: JsonValue = JSON.parse(body);
  const response = isObject(answer) ? getKey(answer, 'response') : undefined;
  const told = isObject(response) ? getKey(response, 'status') : undefined;
  const message = isObject(told) ? getKey(told, 'message') : undefined;
  return typeof message === 'string' ? message : 'refused';
}

function said(
  outcome: InjectionOutcome | undefined,
  problems: readonly Problem[],
  args: Arguments,
  { paintError }: Surroundings,
): string {
  const report = flagText(args, 'report');
  if (report === 'json') {
    const { problems: told } = JSON.parse(reportJson([], problems)) as { readonly problems: unknown };
    const decision = outcome === undefined ? null : explain(undefined, outcome).json;
    return `${JSON.stringify({ decision, problems: told }, null, 2)}\n`;
  }
  const words = problemsText(problems, paintError);
  if (report !== 'text' || outcome === undefined) return words;
  const { summary, lines } = explain(undefined, outcome);
  return `${paintError('bold', summary)}\n${lines.map((line) => `  ${line}\n`).join('')}${words}`;
}
