import type { ReviewAnswer } from '../../core/injection/index.ts';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Fields } from '../../platform/log.ts';

export type DecisionLine = {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly fields: Fields;
};

/** One line of the log: which pod, what was decided, by which rule and why. Nothing of what the pod holds. */
export function decisionFields({ status, body, request, outcome }: ReviewAnswer, milliseconds: number): DecisionLine {
  if (request === undefined || outcome === undefined) {
    return {
      level: 'warn',
      message: 'no review',
      fields: { status, answer: body.slice(0, 300) },
    };
  }
  const { pod, namespace, dryRun, uid } = request;
  return {
    level: outcome.kind === 'failed' ? 'warn' : 'info',
    message: outcome.kind,
    fields: {
      namespace,
      pod: nameOf(pod),
      owner: ownerOf(pod),
      uid,
      ...(dryRun ? { dryRun } : {}),
      rule: outcome.decision.decidedBy,
      because: outcome.decision.checks.at(-1)?.because,
      ...(outcome.problems.length === 0
        ? {}
        : { problems: outcome.problems.map(({ code, message }) => `${code}: ${message.slice(0, 300)}`) }),
      ms: Math.round(milliseconds * 100) / 100,
    },
  };
}

/** A pod of a controller has no name yet when it is admitted. */
function nameOf(pod: JsonObject): string {
  const metadata = objectAt(pod, 'metadata');
  const name = getKey(metadata, 'name') ?? getKey(metadata, 'generateName');
  return typeof name === 'string' ? name : '';
}

function ownerOf(pod: JsonObject): string | undefined {
  const owners = getKey(objectAt(pod, 'metadata'), 'ownerReferences');
  const first = isArray(owners) ? owners.find(isObject) : undefined;
  return first === undefined ? undefined : `${String(getKey(first, 'kind'))}/${String(getKey(first, 'name'))}`;
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value: JsonValue | undefined = getKey(object, key);
  return isObject(value) ? value : {};
}
