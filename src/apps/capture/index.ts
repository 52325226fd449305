/**
 * Traffic capture as programs: the drop-ins for Istio's init container, and commands to render, apply, look at and take
 * away rules, and to follow a packet.
 *
 *   flags, environment ─► core/capture ─► rules ─► back end (iptables, nft) ─► kernel
 *                                           └────► simulator ─► path
 */
export type { Said } from './flag-values.ts';
export { istioIptables, type Voice } from './istio-iptables.ts';
export { istioIptablesScript } from './script.ts';

/** What reads files needs YAML, and trace-packet the injector: istio-iptables, for which a pod waits, loads neither. */
export const loadCommands = () => import('./capture-commands.ts');
export const loadTracePacket = () => import('./trace-packet.ts');
