import type { Command } from '../command.ts';
import { WEBHOOK_FLAGS } from './webhook-flags.ts';

/** Commands about a cluster, and the webhook that runs in it. */
export const CLUSTER_COMMANDS: readonly Command[] = [
  {
    name: 'webhook',
    aliases: [],
    operands: '',
    what: 'Serve the admission webhook that injects pods as they are created.',
    about: `Answers the API server's reviews at /inject over HTTPS, and says why with every answer. Configuration and certificates
come from files or from the cluster, and are taken up again when they change; a bad change leaves the last good one in
force. SIGTERM stops it without losing a request.`,
    flags: WEBHOOK_FLAGS,
    examples: [
      { what: 'In a pod, as its Deployment does', line: 'remora webhook --revision stable' },
      {
        what: 'With files only',
        line: 'remora webhook --offline --injectConfigFile injector.yaml --tlsCertFile tls.crt --tlsKeyFile tls.key',
      },
    ],
    load: async () => (await import('../webhook.ts')).webhook,
  },
];
