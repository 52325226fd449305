/**
 * What the embedded engine decides. Pure: connections and bytes come in as data; sockets belong to the app.
 *
 *   facts of the pod ─► buildEmbeddedConfig ─► embedded-rev.json ─► parseEmbeddedConfig
 */
export { buildEmbeddedConfig, type EmbeddedConfig, parseEmbeddedConfig } from './config.ts';
