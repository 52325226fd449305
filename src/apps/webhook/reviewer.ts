import {
  type Answerer,
  answerReview,
  cachedAnswers,
  type InjectionContext,
  type InjectionOutcome,
  inject,
  parseInjectEnvs,
  type ReviewAnswer,
  type ReviewRequest,
} from '../../core/injection/index.ts';
import type { Compiled } from './compile-config.ts';
import type { InjectionOptions } from './options.ts';

export type Reviewer = (body: string, contentType: string | undefined, path: string) => ReviewAnswer;

/** The engine behind one configuration, with what it has answered before. `path` is the decoded path of the URL. */
export function createReviewer(
  compiled: Compiled,
  options: InjectionOptions,
  host: InjectionContext['host'],
): Reviewer {
  const answer = cachedAnswers(createAnswerer(compiled, options, host));
  return (body, contentType, path) => answer(body, contentType, path).answer;
}

/** The same without a memory. */
export function createAnswerer(
  compiled: Compiled,
  options: InjectionOptions,
  host: InjectionContext['host'],
): Answerer {
  const { config, nodes, namespaces } = compiled;
  const envsOf = remembered((path) => parseInjectEnvs(path, config.release));
  return (body, contentType, path, decoded) => {
    const watched = watch(host);
    const injectPod = ({ pod, namespace }: ReviewRequest): InjectionOutcome =>
      inject(
        pod,
        {
          path: 'webhook',
          requestNamespace: namespace,
          revision: options.revision,
          proxyEnvs: envsOf(path),
          nativeSidecars: options.nativeSidecars,
          nodes,
          platform: options.platform,
          namespaceObject: namespaces.get(namespace),
          compliancePolicy: options.compliancePolicy,
          host: watched.host,
        },
        config,
      );
    const answer = answerReview(body, contentType, config.release, injectPod, decoded);
    return { answer, onceOnly: watched.used() };
  };
}

/** A host that remembers whether a template asked for something that is another next time. */
function watch(host: InjectionContext['host']): {
  readonly host: InjectionContext['host'];
  readonly used: () => boolean;
} {
  let used = false;
  const noted = <T>(value: T): T => {
    used = true;
    return value;
  };
  return {
    used: () => used,
    host: {
      get now() {
        return noted(host.now);
      },
      get random() {
        return noted(host.random);
      },
      get crypto() {
        return noted(host.crypto);
      },
      get lookupHost() {
        return noted(host.lookupHost);
      },
      get timeZone() {
        return host.timeZone;
      },
      env: host.env,
    },
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
