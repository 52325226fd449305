/**
 * The sidecar's agent: `pilot-agent proxy`. What is decided stands in core/agent; here it meets sockets and processes.
 *
 *   sidecar ─┬─► proxy-config, proxy-program ─► the proxy, as a child
 *            └─► status-server ─┬─► probe ─► application            ◄─ kubelet
 *                               ├─► merged-metrics ─► proxy, application ◄─ Prometheus
 *                               └─► proxy-readiness, quit, drain
 */
export { AgentMetrics } from './agent-metrics.ts';
export { runSidecar } from './sidecar.ts';
export { startStatusServer } from './status-server.ts';
export { waitUntilReady } from './wait.ts';
