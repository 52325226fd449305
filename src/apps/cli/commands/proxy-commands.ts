import type { Command } from '../command.ts';
import { HELP } from '../flags.ts';

/** Commands about the proxy of a pod. */
export const PROXY_COMMANDS: readonly Command[] = [
  {
    name: 'proxy bootstrap',
    aliases: [],
    operands: '',
    what: "Print Envoy's bootstrap for a pod's facts.",
    about: `Prints the bootstrap that the sidecar's Envoy would be started with. The file holds the facts as JSON: environment,
files of the downward API, addresses and the effective ProxyConfig; docs/proxy.md lists them. Nothing else is read.`,
    flags: [{ name: 'config', value: 'FILE', names: 'file', what: 'The facts, as JSON; - for standard input.' }, HELP],
    examples: [{ what: 'Print it', line: 'remora proxy bootstrap --config pod.json' }],
    load: async () => (await import('../proxy-bootstrap.ts')).proxyBootstrap,
  },
];
