import type { Problem } from '../problem.ts';

/** A setting of the agent that ends its start, with the variable that holds it. */
export function badSetting(message: string, variable: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'error',
    message,
    where: { pointer: `/env/${variable}` },
    remedy: `Correct the environment variable ${variable} of the container istio-proxy.`,
  };
}

/** The same for a flag of the agent's command line. */
export function badFlag(message: string, flag: string): Problem {
  return {
    code: 'AGENT_CONFIG_INVALID',
    severity: 'error',
    message,
    where: { pointer: `/args/--${flag}` },
    remedy: `Correct --${flag} among the arguments of the container istio-proxy.`,
  };
}
