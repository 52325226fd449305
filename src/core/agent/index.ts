/**
 * What the sidecar's agent decides. Pure: settings, requests and answers come in as data, what to do comes out;
 * sockets and clocks belong to the app.
 *
 *   ISTIO_KUBE_APP_PROBERS ─► parseProbers ─► planProbe ─(app asks the application)─► httpProbeStep, isServing ─► answer
 *   ISTIO_PROMETHEUS_ANNOTATIONS ─► parseScrapeConfig ─► rewriteAccept ─(app scrapes)─► mergeTargets, mergedFormat
 *   Envoy's /stats ─► judgeReadiness, activeConnections ─► drainStep
 *   POST /quitquitquit, /drain ─► localRequest
 *   words after `proxy` ─► readAgentFlags ─┐
 *   environment, files, addresses ─────────┴► readSettings ─► proxyFiles, envoyCandidates
 *   signals, requests, the proxy's end ─► nextLifeStep ─► drain, kill, restart, exit
 */
export { rewriteAccept } from './accept.ts';
export {
  type AgentEnvironment,
  type Environment,
  proxyConfigOfFlags,
  type ReadEnvironment,
  readAgentEnvironment,
} from './agent-environment.ts';
export { type AgentFlags, readAgentFlags } from './agent-flags.ts';
export { type AgentSettings, type AgentSurroundings, logSettings, readSettings } from './agent-settings.ts';
export {
  type ApplicationWatch,
  applicationProcesses,
  NOT_SEEN,
  type ProcessFacts,
  watchApplication,
} from './application-processes.ts';
export { chooseEncoding, type Encoding, SMALL_BODY } from './content-encoding.ts';
export { type Engine, type EnvoyCandidate, envoyCandidates } from './engine.ts';
export { activeConnections, type DrainStep, drainStep, statValue } from './envoy-stats.ts';
export { HEALTH_CHECK_PATH, healthRequest, isServing } from './grpc-health.ts';
export {
  endText,
  exitCodeOf,
  type LifeAction,
  type LifeEvent,
  type LifeState,
  type LifeStep,
  nextLifeStep,
  type ProxyEnd,
  restartDelay,
  terminatingCause,
} from './lifecycle.ts';
export { isLoopback, type LocalAnswer, localRequest } from './local-request.ts';
export {
  DEFAULT_LEVELS,
  isLogged,
  type LogEntry,
  type LogLevel,
  type LogLevels,
  logLine,
  parseLogLevels,
} from './log-line.ts';
export {
  APPLICATION_BODY_LIMIT,
  type Merged,
  mergedFormat,
  mergeTargets,
  type Scraped,
  TEXT_FORMAT,
} from './metrics-merge.ts';
export { type InterfaceAddress, nodeAddresses } from './node-addresses.ts';
export {
  httpProbeStep,
  PROBE_BODY_LIMIT,
  PROBE_FAILED,
  PROBE_PASSED,
  type ProbeAnswer,
  type ProbeStep,
  type ProbeTarget,
} from './probe-answer.ts';
export {
  applicationHost,
  type Headers,
  type ProbePlan,
  type ProbeSettings,
  planProbe,
  probesOverIpv6,
} from './probe-plan.ts';
export { type Prober, parseProbers } from './probers.ts';
export {
  isReservedPort,
  parseScrapeConfig,
  parseScrapeTargets,
  type ScrapeConfig,
  type ScrapeTarget,
} from './prometheus-config.ts';
export { configPath, localhostOf, type ProxyFiles, proxyFiles } from './proxy-files.ts';
export {
  CONFIG_QUERY,
  configFailure,
  judgeReadiness,
  LIVE_QUERY,
  liveFailure,
  NEVER_READY,
  type Readiness,
  type ReadinessFacts,
  type ReadinessMemory,
  type StatsAnswer,
} from './readiness.ts';
export { type DebugRequest, readRequestFlags, readWaitFlags, type WaitRequest } from './request-flags.ts';
