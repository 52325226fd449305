import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { type ScriptSettings, words } from './script-1-0.ts';

export type ScriptCall =
  | { readonly kind: 'run'; readonly settings: ScriptSettings }
  /** First word `clean`: remove, and do nothing else. */
  | { readonly kind: 'clean' }
  | { readonly kind: 'help' };

/** `env` reads a variable, `uidOf` looks a user up. Fails for an option that the script did not have. */
export function readScriptCall(
  args: readonly string[],
  env: (name: string) => string | undefined,
  uidOf: (user: string) => string | undefined,
): Parsed<ScriptCall> {
  if (args[0] === 'clean') return parsed({ kind: 'clean' });
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; ) {
    const option = args[i] ?? '';
    if (option === '-h') return parsed({ kind: 'help' });
    // getopts ends at the first word that is no option.
    if (!option.startsWith('-') || option === '-') break;
    const letter = option.charAt(1);
    if (!'pugmbdix'.includes(letter)) return failed(unknownOption(option));
    const attached = option.length > 2;
    const value = attached ? option.slice(2) : args[i + 1];
    if (value === undefined) return failed(unknownOption(option));
    given.set(letter, value);
    i += attached ? 1 : 2;
  }
  const proxyPort = given.get('p') ?? orDefault(env('ENVOY_PORT'), '15001');
  // The default user's id, and root: 1.0 started Envoy's own helpers as root.
  const uid = given.get('u') ?? `${uidOf(orDefault(env('ENVOY_USER'), 'istio-proxy')) ?? '1337'},0`;
  return parsed({
    kind: 'run',
    settings: {
      proxyPort,
      inboundCapturePort: orDefault(env('INBOUND_CAPTURE_PORT'), proxyPort),
      proxyUids: words(uid),
      proxyGids: words(given.get('g') ?? uid),
      tproxy: (given.get('m') ?? env('ISTIO_INBOUND_INTERCEPTION_MODE')) === 'TPROXY',
      tproxyMark: orDefault(env('ISTIO_INBOUND_TPROXY_MARK'), '1337'),
      tproxyTable: orDefault(env('ISTIO_INBOUND_TPROXY_ROUTE_TABLE'), '133'),
      inboundPorts: given.get('b') ?? env('ISTIO_INBOUND_PORTS') ?? '',
      excludedInboundPorts: given.get('d') ?? env('ISTIO_LOCAL_EXCLUDE_PORTS') ?? '',
      serviceCidr: given.get('i') ?? env('ISTIO_SERVICE_CIDR') ?? '',
      excludedCidr: given.get('x') ?? env('ISTIO_SERVICE_EXCLUDE_CIDR') ?? '',
      enableInboundIpv6: (env('ENABLE_INBOUND_IPV6') ?? '') !== '',
    },
  });
}

function orDefault(text: string | undefined, fallback: string): string {
  return text === undefined || text === '' ? fallback : text;
}

function unknownOption(option: string): Problem {
  return {
    code: 'USAGE',
    severity: 'error',
    message: `Invalid option: ${option}`,
    remedy: 'istio-iptables.sh of 1.0.2 takes -p, -u, -g, -m, -b, -d, -i, -x and -h, each but the last with a value.',
  };
}
