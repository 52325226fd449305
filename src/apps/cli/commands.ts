import type { Command } from './command.ts';
import {
  CLUSTER,
  COMPAT,
  CONFIGURATION,
  FILENAME,
  type Flag,
  FORMAT,
  HELP,
  IN_PLACE,
  LEGACY,
  OUTPUT,
} from './flags.ts';

const REPORT: Flag = {
  name: 'report',
  value: 'FORMAT',
  bare: 'text',
  choices: ['text', 'json'],
  what: 'Say on standard error what was decided, by which rule and why: text or json. Default: text.',
};

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

/** Every command there is. Loading this file loads none of them. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'kube-inject',
    aliases: ['inject'],
    operands: '',
    what: 'Put the sidecar into the workloads of manifests.',
    about: `Reads manifests, puts the sidecar into every workload that wants it, and prints the result as istioctl does. No
cluster is contacted: the configuration comes from files, or is a built-in one for a first try. Nothing is written
when anything fails.`,
    flags: [FILENAME, OUTPUT, IN_PLACE, FORMAT, REPORT, ...CONFIGURATION, HELP, ...CLUSTER, ...LEGACY],
    examples: [
      { what: 'Inject and apply', line: 'remora kube-inject -f app.yaml | kubectl apply -f -' },
      {
        what: "With your cluster's configuration",
        line: 'remora kube-inject --injectConfigFile injector.yaml --meshConfigFile mesh.yaml -f app.yaml',
      },
      { what: 'Edit the files of a folder, keeping their comments', line: 'remora kube-inject --in-place -f deploy/' },
      { what: 'Say why', line: 'remora kube-inject --report -f app.yaml > /dev/null' },
      {
        what: 'As Istio 1.0 did',
        line: 'remora kube-inject --compat 1.0.2 --injectConfigFile inject-config.yaml -f app.yaml',
      },
    ],
    load: async () => (await import('./kube-inject.ts')).kubeInject,
  },
  {
    name: 'uninject',
    aliases: [],
    operands: '',
    what: 'Take out again what injection put in.',
    about: `Gives back the workloads as they were before injection. Files that were edited in place come back to the byte.`,
    flags: [FILENAME, OUTPUT, IN_PLACE, ...CONFIGURATION, HELP],
    examples: [
      { what: 'Print the manifest without the sidecar', line: 'remora uninject -f injected.yaml' },
      { what: 'Undo an edit in place', line: 'remora uninject --in-place -f app.yaml' },
    ],
    load: async () => (await import('./uninject.ts')).uninject,
  },
  {
    name: 'diff',
    aliases: [],
    operands: '',
    what: 'Show what injection would change.',
    about: `Compares the files as they are with what \`kube-inject --in-place\` would make of them. Exit codes are those of diff:
0 no difference, 1 a difference, 2 something is wrong.`,
    flags: [
      FILENAME,
      OUTPUT,
      {
        name: 'format',
        value: 'FORMAT',
        choices: ['text', 'json'],
        what: 'text, or json for a JSON Patch of each workload. Default: text.',
      },
      ...CONFIGURATION,
      HELP,
      ...CLUSTER,
    ],
    examples: [
      { what: 'Look before you inject', line: 'remora diff -f app.yaml' },
      { what: 'A JSON Patch for each workload', line: 'remora diff --format json -f app.yaml' },
    ],
    load: async () => (await import('./diff.ts')).diff,
  },
  {
    name: 'template render',
    aliases: [],
    operands: '',
    what: 'Run a Go template over data.',
    about: `Prints what Go's text/template with Sprig's functions prints. Errors say whether the text does not parse or the run
failed, and where.`,
    flags: [
      {
        name: 'filename',
        short: 'f',
        value: 'FILE',
        names: 'file',
        repeatable: true,
        what: 'The template, or - for standard input.',
      },
      { name: 'data', short: 'd', value: 'FILE', names: 'file', what: 'The data: JSON or YAML. Default: none (nil).' },
      { name: 'left', value: 'TEXT', what: 'Left delimiter. Default: {{' },
      { name: 'right', value: 'TEXT', what: 'Right delimiter. Default: }}' },
      {
        name: 'option',
        value: 'OPTION',
        choices: ['missingkey=default', 'missingkey=invalid', 'missingkey=zero', 'missingkey=error'],
        what: 'What a key does that a map lacks: missingkey=default, invalid (the same), zero or error.',
      },
      OUTPUT,
      HELP,
    ],
    examples: [
      { what: 'Render', line: 'remora template render -f hello.tmpl --data data.json' },
      {
        what: 'With the delimiters of Istio 1.0, and no key that is missing',
        line: "remora template render -f old.tmpl --data data.json --left '[[' --right ']]' --option missingkey=error",
      },
    ],
    load: async () => (await import('./template-render.ts')).templateRender,
  },
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
    load: async () => (await import('./capture.ts')).trace(),
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
    load: async () => (await import('./capture.ts')).render(),
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
    load: async () => (await import('./capture.ts')).apply(),
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
    load: async () => (await import('./capture.ts')).cleanup(),
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
    load: async () => (await import('./capture.ts')).status(),
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
    loadRaw: async () => (await import('./capture.ts')).iptables,
  },
  {
    name: 'completion',
    aliases: [],
    operands: 'bash|zsh|fish',
    what: 'Print a completion script for a shell.',
    about: 'Prints a script that teaches your shell the commands and flags.',
    flags: [HELP],
    examples: [
      { what: 'bash, for this shell', line: 'source <(remora completion bash)' },
      { what: 'zsh', line: `remora completion zsh > "\${fpath[1]}/_remora"` },
      { what: 'fish', line: 'remora completion fish > ~/.config/fish/completions/remora.fish' },
    ],
    load: async () => (await import('./completion.ts')).completion,
  },
  {
    name: 'version',
    aliases: [],
    operands: '',
    what: 'Print the version, and the releases of Istio that can be followed.',
    about: 'Prints the version of Remora, of Node, and the releases of Istio that --compat takes.',
    flags: [HELP],
    examples: [{ what: 'Print it', line: 'remora version' }],
    load: async () => (await import('./version.ts')).version,
  },
  {
    name: 'help',
    aliases: [],
    operands: '[COMMAND]',
    what: 'Show the help of a command.',
    about: 'Shows what a command does, its flags, and examples.',
    flags: [HELP],
    examples: [{ what: 'About a command', line: 'remora help kube-inject' }],
    load: async () => (await import('./help.ts')).help,
  },
];
