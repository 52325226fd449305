import { type CaptureConfig, readIptablesCall } from '../../core/capture/index.ts';
import { builtinConfig, loadInjectionConfig } from '../../core/injection/index.ts';
import { getKey, isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json.ts';
import { injectManifest } from '../../core/manifest/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { LATEST } from '../../core/release.ts';
import type { Destination } from './packet-flags.ts';
import { readTextFile } from './read-file.ts';

/** What the pod's istio-init captures: from the manifest as it is, or as our own configuration would inject it. */
export function configOfPod(path: string, to: Destination): Parsed<CaptureConfig> {
  const text = readTextFile(path);
  if (!text.ok) return text;
  const injection = loadInjectionConfig({ ...builtinConfig({ tag: 'latest' }), release: LATEST });
  if (!injection.ok) return injection;
  const result = injectManifest(
    { name: path, text: text.value },
    { config: injection.value, context: NO_CLUSTER, namespaces: new Map() },
  );
  const [workload] = result.workloads;
  const errors = result.problems.filter((problem) => problem.severity === 'error');
  if (workload === undefined) return failed(...(errors.length > 0 ? errors : [noPod(path)]));
  const { outcome } = workload;
  const init = initOf(workload.original) ?? (outcome.kind === 'injected' ? initOf(outcome.pod) : undefined);
  if (init === undefined) return failed(...errors, noInit(path, workload.name));
  const call = readIptablesCall(init.args, {
    env: (name) => init.env.get(name),
    uidOf: () => undefined,
    enableIpv6: () => parsed(true),
    // Of the pod's resolv.conf nothing is known: who asks about a query wants to know what a query to a server does.
    nameServers: () => parsed(serverOf(to)),
  });
  if (!call.ok) return call;
  return call.value.kind === 'run' ? parsed(call.value.config) : failed(noInit(path, workload.name));
}

const NO_CLUSTER = {
  revision: '',
  nativeSidecars: 'false',
  nodes: undefined,
  platform: '',
  compliancePolicy: '',
  host: {},
} as const;

function serverOf({ address, family, port }: Destination): {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
} {
  const servers = port === 53 && address !== '' ? [address] : [];
  return family === 4 ? { v4: servers, v6: [] } : { v4: [], v6: servers };
}

type Init = { readonly args: readonly string[]; readonly env: ReadonlyMap<string, string> };

/** With the CNI plugin, istio-validation has the same arguments. */
function initOf(pod: JsonObject): Init | undefined {
  const spec = getKey(pod, 'spec');
  const inits = isObject(spec) ? getKey(spec, 'initContainers') : undefined;
  const init = listOf(inits)
    .filter(isObject)
    .find((one) => ['istio-init', 'istio-validation'].includes(textOf(getKey(one, 'name'))));
  if (init === undefined) return undefined;
  const words = [...listOf(getKey(init, 'command')), ...listOf(getKey(init, 'args'))].map(textOf);
  const variables = listOf(getKey(init, 'env'))
    .filter(isObject)
    .map((one) => [textOf(getKey(one, 'name')), textOf(getKey(one, 'value'))] as const);
  return { args: words.slice(words.indexOf('istio-iptables') + 1), env: new Map(variables) };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: JsonValue | undefined): JsonArray {
  return isArray(value) ? value : [];
}

function noPod(path: string): Problem {
  return {
    code: 'POD_INVALID',
    severity: 'error',
    message: `${path} has no pod`,
    where: { file: path },
    remedy: 'Give a manifest with a Pod or a workload.',
  };
}

function noInit(path: string, name: string): Problem {
  return {
    code: 'NOT_INJECTED',
    severity: 'error',
    message: `the pod of "${name}" has no istio-init: its traffic is not captured`,
    where: { file: path },
    remedy: 'Inject it first, or give the rules with --rules.',
  };
}
