import { parseGoBool } from '../go-values.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { readFlagWords } from './flag-words.ts';
import { wrongValue } from './setting-problem.ts';

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
 * The words after `pilot-agent proxy`. As in upstream, flags that nobody knows are ignored, and a node type may be the
 * first word that is no flag.
 */
export function readAgentFlags(words: readonly string[]): Parsed<AgentFlags> {
  const read = readFlagWords(words, (name) =>
    includes(SWITCHES, name) ? 'switch' : includes(TEXTS, name) || includes(NUMBERS, name) ? 'value' : undefined,
  );
  if (!read.ok) return read;
  const { given, operands, unknown } = read.value;
  const texts: Partial<Record<TextFlag, string>> = {};
  const numbers: Partial<Record<NumberFlag, number>> = {};
  const switches: Partial<Record<SwitchFlag, boolean>> = {};
  for (const { name, value } of given) {
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
  return parsed({ nodeType, texts, numbers, switches, ignored: unknown });
}

function includes<const Name extends string>(names: readonly Name[], name: string): name is Name {
  return (names as readonly string[]).includes(name);
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
