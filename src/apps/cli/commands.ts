import type { Command } from './command.ts';
import { ABOUT_COMMANDS } from './commands/about-commands.ts';
import { CAPTURE_COMMANDS } from './commands/capture-commands.ts';
import { CLUSTER_COMMANDS } from './commands/cluster-commands.ts';
import { DEMO_COMMANDS } from './commands/demo-commands.ts';
import { MANIFEST_COMMANDS } from './commands/manifest-commands.ts';
import { PROXY_COMMANDS } from './commands/proxy-commands.ts';

/** Every command there is, in the order of the help. Loading this file loads none of them. */
export const COMMANDS: readonly Command[] = [
  ...MANIFEST_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...CAPTURE_COMMANDS,
  ...PROXY_COMMANDS,
  ...DEMO_COMMANDS,
  ...ABOUT_COMMANDS,
];
