/**
 * Our own configuration, for a laptop or a cluster without Istio's charts: one template, its values, nothing to install.
 *
 *   BuiltinOptions ─► builtinConfig ─► texts ─► loadInjectionConfig        (as any other configuration)
 */
export { type BuiltinOptions, builtinConfig } from './builtin-config.ts';
