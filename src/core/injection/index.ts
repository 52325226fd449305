/**
 * Sidecar injection: from a pod and an injector's configuration to the injected pod, with the reason for every
 * decision. Pure: the webhook, the command line and the web page call the very same functions.
 *
 *   texts ──► loadInjectionConfig ──► InjectionConfig ─┐      (once)
 *                                                      ▼
 *   MutatingWebhookConfigurations ──► matchWebhook     inject(pod, at, cfg) ──► InjectionOutcome ──► explain
 *                                                      │
 *        decide ─► strip ─► select ─► render ─► merge ─► reapply overrides ─► finish ─► patch
 *
 * A configuration of 1.8 or older has one template of lists and goes another way: legacy/.
 */
export { type Answered, type Answerer, cachedAnswers } from './admission/answer-cache.ts';
export { answerReview, type ReviewAnswer, type ReviewRequest } from './admission/answer-review.ts';
export { type Noteworthy, noteworthy } from './admission/noteworthy.ts';
export { type BuiltinOptions, builtinConfig } from './builtin/index.ts';
export { type KeyText, keyText } from './config-map-text.ts';
export { decideInjection, type InjectionPolicy } from './decide.ts';
export { type Explanation, explain } from './explain.ts';
export { inject } from './inject.ts';
export { type LegacyParameters, validateLegacyParameters } from './legacy/index.ts';
export { type ConfigFiles, type InjectionConfigTexts, loadInjectionConfig, templateTexts } from './load-config.ts';
export type {
  InjectionConfig,
  InjectionContext,
  InjectionDecision,
  InjectionOutcome,
  OwnerMeta,
  PodTemplate,
  RuleCheck,
  SidecarTemplate,
  StepTrace,
} from './model.ts';
export { annotationOf } from './pod.ts';
export { behaves } from './releases.ts';
export { RULE_IDS, type RuleId } from './rules.ts';
export { outdatedMetadata, type UninjectOutcome, uninject, withEditedProbes } from './uninject/index.ts';
export { parseInjectEnvs } from './url-env.ts';
export { type ConfigurationVerdict, matchWebhook, type WebhookCheck, type WebhookMatch } from './webhook-match.ts';
