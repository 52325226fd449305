/**
 * `remora demo`: the whole system on one machine. Without root, or where something is missing, the same story is told by
 * the simulator.
 *
 *   requirements ─┬─► live: pods as namespaces ─► init ─► sidecars ─► applications ─► requests ─► witnesses ─► checks ─► cleanup
 *                 └─► simulated: the same pods, the rules as planned, the packets simulated ─► checks
 *
 * Other commands of Remora are run as processes, as a container would; no other app is imported.
 */
export { runApplication } from './application.ts';
export type { Audience } from './narrator.ts';
export { runDemo } from './run-demo.ts';
