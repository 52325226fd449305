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
  {
    name: 'proxy sidecar',
    aliases: [],
    operands: '',
    what: "Run a pod's sidecar, as pilot-agent does.",
    about: `The process of the container istio-proxy: starts the proxy, answers probes, merges metrics, drains. It takes
pilot-agent's flags and environment; flags that it does not know are ignored, as upstream. docs/agent.md lists what is
Remora's own. The same as: remora pilot-agent proxy sidecar, or a link named pilot-agent.`,
    flags: [
      {
        name: 'engine',
        value: 'NAME',
        choices: ['envoy', 'embedded'],
        what: 'Which proxy. Default: REMORA_ENGINE, else envoy.',
      },
      { name: 'proxyBinary', value: 'FILE', names: 'file', what: 'Envoy. Default: REMORA_ENVOY, binaryPath, PATH.' },
      {
        name: 'restartProxy',
        value: 'N',
        what: 'Start a proxy that crashed again, N times at most. Default: 0, as Istio.',
      },
      { name: 'quitWithApplication', what: "End when the application's processes have ended (shareProcessNamespace)." },
      HELP,
    ],
    examples: [{ what: 'With the embedded engine', line: 'remora proxy sidecar --engine embedded' }],
    load: () => Promise.reject(new Error('proxy sidecar is called by loadRaw')),
    loadRaw: async () => (await import('../agent.ts')).proxy,
  },
  {
    name: 'proxy wait',
    aliases: [],
    operands: '',
    what: 'Wait until the proxy is ready, as pilot-agent wait does.',
    about: 'Asks again and again. Exit code 0 when it is ready, 255 when the time is over.',
    flags: [
      { name: 'url', value: 'URL', what: 'Default: http://localhost:15021/healthz/ready.' },
      { name: 'timeoutSeconds', value: 'N', what: 'Default: 60.' },
      { name: 'periodMillis', value: 'N', what: 'Between two requests. Default: 500.' },
      { name: 'requestTimeoutMillis', value: 'N', what: 'For one request. Default: 500.' },
      HELP,
    ],
    examples: [{ what: 'At most ten seconds', line: 'remora proxy wait --timeoutSeconds 10' }],
    load: () => Promise.reject(new Error('proxy wait is called by loadRaw')),
    loadRaw: async () => (await import('../agent.ts')).wait,
  },
  {
    name: 'proxy request',
    aliases: [],
    operands: 'METHOD PATH [BODY]',
    what: "Send a request to the proxy's admin port, as pilot-agent request does.",
    about: 'Prints the body of the answer. Exit code 255 for a status above 399, but for 404.',
    flags: [{ name: 'debug-port', value: 'PORT', what: '15000, 15004, 15020 or 15021. Default: 15000.' }, HELP],
    examples: [
      { what: 'Drain, as a native sidecar is told to', line: 'remora proxy request --debug-port=15020 POST drain' },
    ],
    load: () => Promise.reject(new Error('proxy request is called by loadRaw')),
    loadRaw: async () => (await import('../agent.ts')).request,
  },
  {
    name: 'proxy embedded',
    aliases: [],
    operands: '',
    what: "Run the embedded proxy: Envoy's ports and admin interface, in Node.",
    about: `Carries TCP and HTTP/1.1 for laptops, tests and demos; Linux. The agent starts it and writes its configuration:
remora proxy sidecar --engine embedded. It ends with SIGTERM.`,
    flags: [{ name: 'config', short: 'c', value: 'FILE', names: 'file', what: 'The configuration, as JSON.' }, HELP],
    examples: [{ what: 'As the agent does', line: 'remora proxy embedded -c etc/istio/proxy/embedded-rev.json' }],
    load: async () => (await import('../embedded.ts')).proxyEmbedded,
  },
];
