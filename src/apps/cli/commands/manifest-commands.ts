import type { Command } from '../command.ts';
import { CLUSTER, CONFIGURATION, FILENAME, type Flag, FORMAT, HELP, IN_PLACE, LEGACY, OUTPUT } from '../flags.ts';

const REPORT: Flag = {
  name: 'report',
  value: 'FORMAT',
  bare: 'text',
  choices: ['text', 'json'],
  what: 'Say on standard error what was decided, by which rule and why: text or json. Default: text.',
};

/** Commands about manifests: they read files, and a cluster only for its configuration. */
export const MANIFEST_COMMANDS: readonly Command[] = [
  {
    name: 'kube-inject',
    aliases: ['inject'],
    operands: '',
    what: 'Put the sidecar into the workloads of manifests.',
    about: `Reads manifests, puts the sidecar into every workload that wants it, and prints the result as istioctl does. The
configuration comes from files, from the config maps of the cluster where there is a kubeconfig, or is a built-in one.
Nothing is written when anything fails.`,
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
    load: async () => (await import('../kube-inject.ts')).kubeInject,
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
    load: async () => (await import('../uninject.ts')).uninject,
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
    load: async () => (await import('../diff.ts')).diff,
  },
  {
    name: 'admit',
    aliases: [],
    operands: '',
    what: 'Show what the webhook would answer to a review.',
    about: `Reads an AdmissionReview as the API server sends it, and prints the one that the webhook would send back: patch,
warnings and audit annotations. Nothing is served. Exit code 1 where the pod would be refused.`,
    flags: [
      { ...FILENAME, what: 'The AdmissionReview, JSON or YAML, or - for standard input.' },
      {
        name: 'path',
        value: 'PATH',
        what: 'Path of the URL, whose parameters go to the sidecar: /inject/cluster/c1/net/n1. Default: /inject.',
      },
      REPORT,
      ...CONFIGURATION,
      HELP,
    ],
    examples: [
      { what: 'Answer a review', line: 'remora admit -f review.json' },
      { what: 'Only the reasons', line: 'remora admit -f review.json --report > /dev/null' },
    ],
    load: async () => (await import('../admit.ts')).admit,
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
    load: async () => (await import('../template-render.ts')).templateRender,
  },
];
