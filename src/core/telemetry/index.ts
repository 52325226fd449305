/**
 * Istio's standard metrics from what passed a sidecar. Pure: events come in, Prometheus text comes out. Both engines use
 * it: the embedded one counts as it carries, the agent counts what a stock Envoy (which has no filter `istio.stats`)
 * writes into its log.
 *
 *   node metadata ─► workloadIdentity ─┐
 *   HTTP requests, TCP connections ────┴► IstioMetrics ─► istio_requests_total{…} 1
 */
export { EnvoyLogReader, TELEMETRY_FIELDS } from './envoy-log.ts';
export { type WorkloadIdentity, workloadIdentity } from './identity.ts';
export { IstioMetrics } from './istio-metrics.ts';
export type { Direction, HttpExchange, TcpProgress, TrafficEvent } from './traffic.ts';
