/**
 * The demo as data: two Deployments that are injected, what their containers run, the four packets of a request, what
 * the witnesses saw (counters of the kernel, access logs, metrics), and whether that is what must be. Pure: apps/demo
 * makes the pods and sends the requests.
 *
 *   Deployments ─► injectPods ─► init and proxy as processes ─► (run) ─► counters, logs, metrics ─► checks ─┐
 *                      └─► planned rules ─► simulateRequest ─► compareWithKernel ──────────────────────────┴► DemoReport
 *                                                                                                             │
 *                                                         text for a terminal, a page for a browser ◄─────────┘
 */
export { type AccessLogEntry, accessLogOf, ownLogOf } from './access-log.ts';
export { type Check, cleanupCheck, simulationChecks, startChecks, trafficChecks } from './checks.ts';
export type { ContainerProcess, PodFile } from './container-process.ts';
export { type CountedRule, countsBetween, parseCounters } from './counters.ts';
export { type InjectedPod, injectPods, type Node } from './injected-pods.ts';
export type { Stage } from './layout.ts';
export { parseSamples, type Sample } from './metrics.ts';
export { compareWithKernel, type PodScene, type StoryPacket, simulatedCounts, simulateRequest } from './one-request.ts';
export { renderPage, renderStory } from './page.ts';
export { CHAPTERS, type Chapter, type DemoReport, type PodReport } from './report.ts';
export {
  APPLICATION_UID,
  CLIENT,
  type DemoPod,
  type EngineName,
  type InterceptionMode,
  OUTSIDE,
  PODS,
  RED,
  SUBNET,
} from './story.ts';
export { renderChapter, renderEnd } from './text.ts';
export { type Logs, type SentRequest, trailOf } from './trail.ts';
