/**
 * The embedded engine: a proxy in Node with Envoy's outside, for laptops, tests and demos. What is decided stands in
 * core/proxy; here it meets sockets.
 *
 *   capture ─► carry ─► application or world
 *                └─► connection-record ─► access log, statistics, Istio's metrics
 */
export { runEmbedded } from './main.ts';
