/**
 * The admission webhook: HTTPS in front, the engine behind it, and around both what keeps them fed.
 *
 *   files, config maps ──► Source<ConfigTexts> ────────┐
 *   files, Secret ───────► Source<ServingCertificate> ─┤
 *                                                      ▼
 *   API server ──HTTPS──► routes ──► reviewer     serving (one process, or workers)
 *                                       │
 *                                       └──► log, metrics, Events
 */
export { runWebhook } from './main.ts';
export type { WebhookOptions } from './options.ts';
