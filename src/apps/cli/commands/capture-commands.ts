import type { Command } from '../command.ts';
import { COMPAT, type Flag, HELP } from '../flags.ts';

const CAPTURE_CONFIG: Flag = {
  name: 'config',
  value: 'FILE',
  names: 'file',
  what: "Capture configuration, JSON with the field names of Istio's. Default: what injection usually asks for.",
};

const NETNS: Flag = {
  name: 'netns',
  value: 'NAME',
  what: 'Network namespace: a name of ip netns, a path, or pid:N. Default: this one.',
};

const NATIVE: Flag = { name: 'native-nftables', what: 'nftables instead of iptables.' };

const FORCE_BINARY: Flag = {
  name: 'force-iptables-binary',
  value: 'VARIANT',
  choices: ['legacy', 'nft'],
  what: 'legacy or nft, in place of what is detected.',
};

/** Commands about the traffic of a pod. */
export const CAPTURE_COMMANDS: readonly Command[] = [
  {
    name: 'trace-packet',
    aliases: [],
    operands: '',
    what: 'Show where a packet goes, before it flows.',
    about: `Follows the first packet of a connection through a pod's rules, as the kernel would: each stage, each rule that
decided, and why it is there. The rules are those of a manifest's pod, of a file, or of a live namespace; without any,
those that injection usually asks for. Exit code 1 where the packet is lost.`,
    flags: [
      { name: 'from', value: 'WHO', choices: ['app', 'proxy', 'outside'], what: 'Who sends it. Default: app.' },
      { name: 'to', value: 'ADDRESS:PORT', what: 'Where to: 10.0.0.5:80, [2001:db8::5]:80, or a port of the pod.' },
      { name: 'protocol', value: 'NAME', choices: ['tcp', 'udp'], what: 'tcp or udp. Default: tcp.' },
      { name: 'uid', value: 'N', what: "User of the sender. Default: 1000, or the proxy's." },
      { name: 'gid', value: 'N', what: 'Group of the sender. Default: as the user.' },
      { name: 'source', value: 'ADDRESS', what: 'Address that the sender has bound itself to.' },
      { name: 'mark', value: 'N', what: 'Mark of its socket.' },
      { name: 'interface', value: 'NAME', what: 'Interface by which it comes in from outside.' },
      {
        name: 'pod',
        value: 'FILE',
        names: 'file',
        what: 'Manifest: the rules of its istio-init, injected or as it would be.',
      },
      {
        name: 'rules',
        value: 'FILE',
        names: 'file',
        what: 'Output of iptables-save or nft -j list ruleset, or a capture configuration.',
      },
      NETNS,
      { name: 'address', value: 'ADDRESS', repeatable: true, what: "The pod's own address; one of each family." },
      { name: 'all-rules', what: 'Show the rules that did not match, too, and why.' },
      {
        name: 'output',
        short: 'o',
        value: 'FORMAT',
        choices: ['text', 'json', 'svg'],
        what: 'text, json, or svg: a picture. Default: text.',
      },
      HELP,
    ],
    examples: [
      { what: 'What happens to a call of the application', line: 'remora trace-packet --to 10.0.0.5:80' },
      {
        what: 'What comes in from outside, as a picture',
        line: 'remora trace-packet --from outside --to 8080 -o svg > path.svg',
      },
      { what: 'In a running pod', line: 'remora trace-packet --netns pid:4711 --from proxy --to 10.0.0.5:443' },
    ],
    load: async () => (await import('../capture.ts')).trace(),
  },
  {
    name: 'capture render',
    aliases: [],
    operands: '',
    what: 'Show the rules of a capture configuration.',
    about: "Makes the rules that bring a pod's traffic to its sidecar, and shows them. Nothing is run.",
    flags: [
      CAPTURE_CONFIG,
      {
        name: 'format',
        value: 'FORMAT',
        choices: ['table', 'iptables-restore', 'nft', 'transcript', 'json'],
        what: 'table (with reasons), iptables-restore, nft, transcript (of a dry run) or json. Default: table.',
      },
      { name: 'family', value: 'N', choices: ['4', '6'], what: 'Only IPv4 or only IPv6.' },
      COMPAT,
      HELP,
    ],
    examples: [
      { what: 'The usual rules, each with its reason', line: 'remora capture render' },
      {
        what: 'For iptables-restore',
        line: 'remora capture render --config capture.json --format iptables-restore --family 4',
      },
    ],
    load: async () => (await import('../capture.ts')).render(),
  },
  {
    name: 'capture apply',
    aliases: [],
    operands: '',
    what: 'Program the rules into a network namespace.',
    about: `Programs the rules of a configuration, with routes and addresses; doing it twice changes nothing. Needs root with
NET_ADMIN and NET_RAW.`,
    flags: [
      CAPTURE_CONFIG,
      NETNS,
      { name: 'reconcile', what: 'Replace other rules of ours that are there.' },
      NATIVE,
      FORCE_BINARY,
      COMPAT,
      HELP,
    ],
    examples: [{ what: 'In another namespace', line: 'remora capture apply --config capture.json --netns demo' }],
    load: async () => (await import('../capture.ts')).apply(),
  },
  {
    name: 'capture cleanup',
    aliases: [],
    operands: '',
    what: 'Take the rules away again.',
    about:
      'Removes rules, routing rules, routes and addresses that capture brings, also those of another configuration.',
    flags: [CAPTURE_CONFIG, NETNS, NATIVE, FORCE_BINARY, COMPAT, HELP],
    examples: [{ what: 'In another namespace', line: 'remora capture cleanup --netns demo' }],
    load: async () => (await import('../capture.ts')).cleanup(),
  },
  {
    name: 'capture status',
    aliases: [],
    operands: '',
    what: 'Say what is captured in a network namespace.',
    about: `Reads the live rules: what they do, what is missing of a configuration, what somebody else has changed. Exit code 1
where they are not those of --config.`,
    flags: [
      CAPTURE_CONFIG,
      NETNS,
      { name: 'format', value: 'FORMAT', choices: ['text', 'json'], what: 'text or json. Default: text.' },
      COMPAT,
      HELP,
    ],
    examples: [{ what: 'Of a running pod', line: 'remora capture status --netns pid:4711' }],
    load: async () => (await import('../capture.ts')).status(),
  },
  {
    name: 'istio-iptables',
    aliases: [],
    operands: '',
    what: "Drop-in for Istio's istio-iptables, which istio-init runs.",
    about: "Takes the flags and variables of Istio's program; see remora istio-iptables --help.",
    flags: [HELP],
    examples: [
      { what: 'What it would do', line: "remora istio-iptables -p 15001 -z 15006 -u 1337 -i '*' -b '*' --dry-run" },
    ],
    load: async () => {
      throw new Error('istio-iptables reads its own words');
    },
    loadRaw: async () => (await import('../capture.ts')).iptables,
  },
];
