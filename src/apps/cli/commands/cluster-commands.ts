import type { Command } from '../command.ts';
import { CHECK_FLAGS, INSTALL_FLAGS, TAG_FLAGS, UNINSTALL_FLAGS } from './install-flags.ts';
import { SIDECAR_INJECTOR_FLAGS, WEBHOOK_FLAGS } from './webhook-flags.ts';

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
  {
    name: 'sidecar-injector',
    aliases: [],
    operands: '[probe]',
    what: "Serve as Istio 1.0's sidecar injector, with its flags.",
    about: `A drop-in for the program sidecar-injector of Istio 1.0 on the server of remora webhook: the same flags and defaults,
reviews at /inject only, the health file, and the caBundle of one entry of a webhook configuration. With probe it says
whether the health file is fresh: it prints OK, or fails where the file is missing or older than the interval.`,
    flags: SIDECAR_INJECTOR_FLAGS,
    examples: [
      {
        what: 'As the chart of 1.0 starts it',
        line: 'remora sidecar-injector --healthCheckInterval=2s --healthCheckFile=/health',
      },
      { what: 'As its probes do', line: 'remora sidecar-injector probe --probe-path=/health --interval=4s' },
    ],
    load: async () => (await import('../sidecar-injector.ts')).sidecarInjector,
  },
  {
    name: 'install',
    aliases: [],
    operands: '',
    what: 'Print or apply what Remora needs in a cluster.',
    about: `Prints the objects of a revision: namespace, service account with the least rights, config maps, Deployment, Service and
the webhook configuration. With --apply they are applied by server-side apply, the webhook configuration last, when the
webhook answers. Nothing is applied beside another injector that would inject the same pods, unless --force is given.`,
    flags: INSTALL_FLAGS,
    examples: [
      { what: 'Read before you apply', line: 'remora install | less' },
      { what: 'Install', line: 'remora install --apply' },
      {
        what: 'Another revision beside it, with your own configuration',
        line: 'remora install --apply --revision canary --injectConfigFile injector.yaml --meshConfigFile mesh.yaml',
      },
    ],
    load: async () => (await import('../install.ts')).install,
  },
  {
    name: 'uninstall',
    aliases: [],
    operands: '',
    what: 'Say what a revision has in a cluster, or remove it.',
    about: `Removes the webhook configuration first, so that no pod waits for an injector that is gone. Objects that are not
Remora's stay, and so does the namespace.`,
    flags: UNINSTALL_FLAGS,
    examples: [
      { what: 'What would go', line: 'remora uninstall' },
      { what: 'Remove a revision', line: 'remora uninstall --apply --revision canary' },
    ],
    load: async () => (await import('../install.ts')).uninstall,
  },
  {
    name: 'tag',
    aliases: [],
    operands: 'set|generate|list|remove [TAG]',
    what: 'Stable names for revisions, which namespaces are labelled with.',
    about: `A namespace labelled istio.io/rev=TAG is injected by the revision that the tag stands for; to move all of them at once,
set the tag anew. The tag default takes istio-injection=enabled over from the injector that has it.`,
    flags: TAG_FLAGS,
    examples: [
      { what: 'Make a tag', line: 'remora tag set prod --revision stable' },
      { what: 'Move it', line: 'remora tag set prod --revision canary --overwrite' },
      { what: 'Which are there', line: 'remora tag list' },
    ],
    load: async () => (await import('../install.ts')).tag,
  },
  {
    name: 'check',
    aliases: [],
    operands: '',
    what: "Say whether a cluster's injection is in order.",
    about: `Looks at webhook configurations, their caBundles and the certificate that is served, at namespaces, pods, config maps
and nodes, and has a pod created for a try (dryRun: nothing is kept), which goes the way that the API server goes. Each
finding comes with what to do about it. Exit code 1 where something is wrong. With -f, files stand for the cluster.`,
    flags: CHECK_FLAGS,
    examples: [
      { what: 'The whole cluster', line: 'remora check' },
      {
        what: 'Files in place of a cluster',
        line: 'kubectl get mutatingwebhookconfigurations,namespaces -o yaml > c.yaml; remora check -f c.yaml',
      },
    ],
    load: async () => (await import('../check.ts')).check,
  },
];
