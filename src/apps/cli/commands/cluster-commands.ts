import type { Command } from '../command.ts';

/** Commands about a cluster, and the webhook that runs in it. */
export const CLUSTER_COMMANDS: readonly Command[] = [];
