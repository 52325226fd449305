/**
 * What the embedded engine decides. Pure: connections and bytes come in as data; sockets belong to the app.
 *
 *   facts of the pod ─► buildEmbeddedConfig ─► embedded-rev.json ─► parseEmbeddedConfig
 *   where a connection was going ─► routeConnection ─► cluster, with its reason
 *   bytes as they pass ─► ConnectionRecord (HttpTap) ─► exchanges ─► accessLogWriter, core/telemetry
 */
export { accessLogWriter, type LineWriter } from './access-log.ts';
export { withConnectionClose } from './close-header.ts';
export { buildEmbeddedConfig, type EmbeddedConfig, parseEmbeddedConfig } from './config.ts';
export { ConnectionRecord, type EndFlags, type RecordSinks } from './connection-record.ts';
export { EngineStats } from './engine-stats.ts';
export { type Exchange, HttpTap } from './http-tap.ts';
export type { Ends, LogEntry } from './log-entry.ts';
export { type ClusterName, type ConnectionRoute, routeConnection } from './route-connection.ts';
