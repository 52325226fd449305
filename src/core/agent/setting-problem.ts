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
    remedy: `Correct --${flag} where the command is given; in a pod, among the arguments of the container istio-proxy.`,
  };
}

/** A flag with a value that it cannot have. */
export function wrongValue(flag: string, value: string, form: string): Problem {
  return badFlag(`invalid argument ${JSON.stringify(value)} for --${flag}: it must be ${form}`, flag);
}
