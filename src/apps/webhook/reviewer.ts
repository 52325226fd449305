import {
  answerReview,
  type InjectionContext,
  type InjectionOutcome,
  inject,
  parseInjectEnvs,
  type ReviewAnswer,
  type ReviewRequest,
} from '../../core/injection/index.ts';
import type { Compiled } from './compile-config.ts';
import type { InjectionOptions } from './options.ts';

/** One review with everything that log, metrics and events want to know of it. */
export type Reviewed = {
  readonly answer: ReviewAnswer;
  readonly request: ReviewRequest | undefined;
  readonly outcome: InjectionOutcome | undefined;
};

export type Reviewer = (body: string, contentType: string | undefined, path: string) => Reviewed;

/** The engine behind one configuration. `path` is the decoded path of the URL, whose parameters go to the sidecar. */
export function createReviewer(
  compiled: Compiled,
  options: InjectionOptions,
  host: InjectionContext['host'],
): Reviewer {
  const { config, nodes, namespaces } = compiled;
  const envsOf = remembered((path) => parseInjectEnvs(path, config.release));
  return (body, contentType, path) => {
    let seen: ReviewRequest | undefined;
    const answer = answerReview(body, contentType, config.release, (request) => {
      seen = request;
      return inject(
        request.pod,
        {
          path: 'webhook',
          requestNamespace: request.namespace,
          revision: options.revision,
          proxyEnvs: envsOf(path),
          nativeSidecars: options.nativeSidecars,
          nodes,
          platform: options.platform,
          namespaceObject: namespaces.get(request.namespace),
          compliancePolicy: options.compliancePolicy,
          host,
        },
        config,
      );
    });
    return { answer, request: seen, outcome: answer.outcome };
  };
}

/** The path of a webhook configuration is the same in every request. */
function remembered<T>(make: (key: string) => T): (key: string) => T {
  let last: { readonly key: string; readonly value: T } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: make(key) };
    return last.value;
  };
}
