/**
 * The way back: from an injected pod to the pod that it was. Injection forgets (a named port became a number, a label may
 * have been the user's or the template's), so this is a search for a pre-image, and injection itself is its judge.
 *
 *   injected pod ─► take out, put back ─► candidate ─► inject ─┬─► the injected pod: found ─► smaller, while that holds
 *                                            ▲                 │
 *                                            └─ what differs ◄─┘ was the user's
 *
 * Without a configuration there is no judge, and what is known of Istio's templates decides.
 */
export { withEditedProbes } from './edited-probes.ts';
export { outdatedMetadata } from './outdated-metadata.ts';
export { type UninjectOutcome, uninject } from './uninject.ts';
