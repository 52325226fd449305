/** What ends the agent's start, and how it is told. */
import type { Engine } from '../../core/agent/index.ts';
import type { Problem } from '../../core/problem.ts';
import type { AgentLog } from './agent-log.ts';

/** As Go's, for an error at the start. */
export const START_FAILED = 255;

/** Carries problems out of the middle of the start. */
export class StartError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems[0]?.message ?? '');
    this.problems = problems;
  }
}

/** Warnings go to the log; errors are told when the start is given up. */
export function tell(log: AgentLog, problems: readonly Problem[]): void {
  for (const problem of problems) if (problem.severity === 'warning') log.warn(textWithRemedy(problem));
}

/** Tells errors with place and remedy. Gives the exit code. */
export function refuse(log: AgentLog, problems: readonly Problem[]): number {
  for (const problem of problems) {
    if (problem.severity === 'error') log.error(`${problem.code}: ${textWithRemedy(problem)}`);
  }
  return START_FAILED;
}

function textWithRemedy({ message, where, remedy }: Problem): string {
  const at = where?.pointer === undefined ? '' : ` (${where.pointer})`;
  return `${message}${at}${remedy === undefined ? '' : `; fix: ${remedy}`}`;
}

export function notWritable(folder: string, message: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'error',
    message: `the configuration of the proxy cannot be written to ${folder}: ${message}`,
    remedy:
      'Mount a volume that can be written there, as the injected template does (emptyDir istio-envoy at /etc/istio/proxy).',
  };
}

export function noDns(address: string, message: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'error',
    message: `the DNS proxy cannot listen on ${address}: ${message}`,
    remedy: 'Stop what listens there, or set DNS_PROXY_ADDR; without the proxy a pod with DNS capture has no names.',
  };
}

export function notStarted(file: string, message: string): Problem {
  return {
    code: 'PROXY_NOT_FOUND',
    severity: 'error',
    message: `${file} cannot be started: ${message}`,
    remedy: 'Give an Envoy that was built for this machine, or run the embedded engine (REMORA_ENGINE=embedded).',
  };
}

/** Of a proxy that ended before it was ever ready: its own message stands above. */
export function neverReady(engine: Engine): string {
  return engine === 'envoy'
    ? 'Envoy never became ready. Where it refuses a field or filter, it is too old: the static configuration is tested with 1.40'
    : 'the proxy never became ready: its own message stands above';
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
