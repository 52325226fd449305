/**
 * What the embedded engine decides. Pure: connections and bytes come in as data; sockets belong to the app.
 *
 *   facts of the pod ─► buildEmbeddedConfig ─► embedded-rev.json ─► parseEmbeddedConfig
 *   where a connection was going ─► routeConnection ─► cluster, with its reason
 *   bytes as they pass ─► HttpTap ─► exchanges ─► accessLogWriter, EngineStats (and core/telemetry)
 */
export { accessLogWriter, type LineWriter } from './access-log.ts';
export { withConnectionClose } from './close-header.ts';
export { buildEmbeddedConfig, type EmbeddedConfig, parseEmbeddedConfig } from './config.ts';
export { EngineStats } from './engine-stats.ts';
export { type Exchange, HttpTap } from './http-tap.ts';
export type { Ends, LogEntry } from './log-entry.ts';
export { type ClusterName, type ConnectionRoute, routeConnection } from './route-connection.ts';
