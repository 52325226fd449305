import type { Command } from '../command.ts';
import { HELP } from '../flags.ts';

/** Commands that show the whole system at work. */
export const DEMO_COMMANDS: readonly Command[] = [
  {
    name: 'demo',
    aliases: [],
    operands: '',
    what: 'Show the whole system with live traffic, on this machine.',
    about: `As root on Linux: two pods as network namespaces, injected, their rules programmed and their sidecars run as the
injected manifest says; requests between them and out; and the proof that each passed its sidecars: counters of the
kernel, access logs, metrics. Everything is taken away again. Elsewhere the same story is told with the packet
simulator. Exit code 1 where a check did not hold.`,
    flags: [
      {
        name: 'engine',
        value: 'NAME',
        choices: ['envoy', 'embedded'],
        what: 'What carries the traffic. Default: Envoy where REMORA_ENVOY or the PATH has one, else embedded.',
      },
      {
        name: 'mode',
        value: 'MODE',
        choices: ['REDIRECT', 'TPROXY'],
        what: 'How inbound traffic is captured. Default: REDIRECT.',
      },
      {
        name: 'requests',
        value: 'N',
        what: 'Requests from pod to pod, 1 to 1000; half as many go out and in. Default: 10.',
      },
      { name: 'json', what: 'Print one JSON document with all that was measured and checked, and nothing else.' },
      { name: 'keep', what: 'Leave the pods running until Ctrl-C.' },
      { name: 'web', what: 'Serve the story as a page on 127.0.0.1, and keep it and the pods until Ctrl-C.' },
      { name: 'port', value: 'N', what: 'Port of the page. Default: any that is free.' },
      HELP,
    ],
    examples: [
      { what: 'See it', line: 'sudo remora demo' },
      { what: 'In a browser', line: 'sudo remora demo --web' },
      { what: 'The client keeps its address', line: 'sudo remora demo --mode TPROXY' },
      { what: 'For a program', line: "sudo remora demo --json | jq '.checks'" },
    ],
    load: async () => (await import('../demo.ts')).demo,
  },
  {
    name: 'demo application',
    aliases: [],
    operands: '',
    what: "The tiny HTTP application of the demo's pods.",
    about: `Answers each request with what it saw of it, as JSON, and sends requests that it is told to on standard input, a JSON
line each. It ends with its standard input.`,
    flags: [
      { name: 'name', value: 'NAME', what: 'What it calls itself. Default: application.' },
      { name: 'address', value: 'ADDRESS', what: 'Where it listens. Default: 0.0.0.0.' },
      { name: 'port', value: 'N', what: 'Port on which it listens. Default: 8080.' },
      HELP,
    ],
    examples: [{ what: 'On a port', line: 'remora demo application --name web --port 8080' }],
    load: async () => (await import('../demo.ts')).demoApplication,
  },
];
