/**
 * The sidecar's agent: so far its status server, with real probes and scrapes. What is decided stands in core/agent;
 * here it meets sockets.
 *
 *   kubelet, Prometheus ─► status-server ─┬─► probe ─► application
 *                                         ├─► merged-metrics ─► Envoy, application
 *                                         └─► readiness, quit, drain (given by the caller)
 */
export { AgentMetrics } from './agent-metrics.ts';
export { startStatusServer } from './status-server.ts';
