import { parseGoBool } from '../go-values.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { badFlag } from './setting-problem.ts';

/** Flags of `pilot-agent proxy` that mean something (agent.md 2), and ours. A flag that was not given is absent. */
const TEXTS = [
  'domain',
  'meshConfig',
  'serviceCluster',
  'proxyLogLevel',
  'proxyComponentLogLevel',
  'templateFile',
  'outlierLogPath',
  'tokenManagerPlugin',
  'log_output_level',
  'log_target',
  'log_stacktrace_level',
  'log_caller',
  // Those of 1.0 to 1.4, whose templates gave as flags what is in PROXY_CONFIG since.
  'configPath',
  'binaryPath',
  'drainDuration',
  'parentShutdownDuration',
  'discoveryAddress',
  'zipkinAddress',
  'statsdUdpAddress',
  'controlPlaneAuthPolicy',
  'customConfigFile',
  // Ours.
  'engine',
  'proxyBinary',
] as const;
const NUMBERS = ['concurrency', 'stsPort', 'proxyAdminPort', 'statusPort', 'restartProxy'] as const;
const SWITCHES = ['profiling', 'log_as_json', 'quitWithApplication'] as const;

type TextFlag = (typeof TEXTS)[number];
type NumberFlag = (typeof NUMBERS)[number];
type SwitchFlag = (typeof SWITCHES)[number];

export type AgentFlags = {
  readonly nodeType: string;
  readonly texts: Readonly<Partial<Record<TextFlag, string>>>;
  readonly numbers: Readonly<Partial<Record<NumberFlag, number>>>;
  readonly switches: Readonly<Partial<Record<SwitchFlag, boolean>>>;
  /** Flags that nobody knows here; older templates keep working, as upstream. */
  readonly ignored: readonly string[];
};

const NODE_TYPES = ['sidecar', 'router', 'waypoint', 'ztunnel', 'agentgateway'];

/**
 * The words after `pilot-agent proxy`. `--x=v` and `--x v` are the same, a switch takes a value only behind `=`. As in
 * upstream, an unknown flag is ignored, and so is the word after it where that is no flag.
 */
export function readAgentFlags(words: readonly string[]): Parsed<AgentFlags> {
  const texts: Partial<Record<TextFlag, string>> = {};
  const numbers: Partial<Record<NumberFlag, number>> = {};
  const switches: Partial<Record<SwitchFlag, boolean>> = {};
  const ignored: string[] = [];
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') {
      operands.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    const [, name = '', joined] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    const next = words[i + 1];
    const isSwitch = includes(SWITCHES, name);
    const known = isSwitch || includes(TEXTS, name) || includes(NUMBERS, name);
    if (!known) ignored.push(`--${name}`);
    const takesNext = joined === undefined && !isSwitch && next !== undefined && (known || !next.startsWith('-'));
    if (known && joined === undefined && !isSwitch && next === undefined) {
      return failed(badFlag(`flag needs an argument: --${name}`, name));
    }
    const value = joined ?? (takesNext ? next : 'true');
    if (takesNext) i++;
    if (includes(SWITCHES, name)) {
      const flag = parseGoBool(value);
      if (flag === undefined) return failed(wrongValue(name, value, 'true or false'));
      switches[name] = flag;
    } else if (includes(NUMBERS, name)) {
      if (!/^\d{1,9}$/.test(value)) return failed(wrongValue(name, value, 'a whole number'));
      numbers[name] = Number(value);
    } else if (includes(TEXTS, name)) {
      texts[name] = value;
    }
  }
  const [nodeType = 'sidecar'] = operands;
  if (!NODE_TYPES.includes(nodeType)) return failed(badNodeType(nodeType));
  return parsed({ nodeType, texts, numbers, switches, ignored });
}

function includes<const Name extends string>(names: readonly Name[], name: string): name is Name {
  return (names as readonly string[]).includes(name);
}

function wrongValue(name: string, value: string, form: string): Problem {
  return badFlag(`invalid argument ${JSON.stringify(value)} for --${name}: it must be ${form}`, name);
}

function badNodeType(given: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'error',
    message: `invalid proxy Type: ${given}`,
    where: { pointer: '/args' },
    remedy: `Give one of ${NODE_TYPES.join(', ')} as the first argument, or none for a sidecar.`,
  };
}
