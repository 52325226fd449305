import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';

/** What injection reads of the chart's values in their typed form (injection.md 2.4). Absent fields are Go's zeros. */
export type InstallValues = {
  readonly hub: string;
  /** As it prints: a number of the JSON is its shortest text. Empty where absent. */
  readonly tag: string;
  readonly variant: string;
  readonly proxyImage: string;
  readonly proxyInitImage: string;
  readonly clusterName: string;
  readonly network: string;
  readonly holdApplicationUntilProxyStarts: boolean;
  /** false where absent; the chart itself always sets it. */
  readonly rewriteAppHTTPProbe: boolean;
};

type Reader = { readonly values: JsonObject; readonly problems: Problem[] };

/**
 * Reads those paths from values that have been parsed to JSON. Fields that are not read are tolerated, whatever they
 * hold; a read field of a wrong type fails with Istio's text `could not parse configuration values: …`.
 */
export function readInstallValues(values: JsonValue): Parsed<InstallValues> {
  const reader: Reader = { values: isObject(values) ? values : {}, problems: [] };
  if (values !== null && !isObject(values)) reader.problems.push(wrongType(values, 'map[string]json.RawMessage', ''));
  const read: InstallValues = {
    hub: text(reader, 'global', 'hub'),
    tag: printed(at(reader, ['global', 'tag'])),
    variant: text(reader, 'global', 'variant'),
    proxyImage: text(reader, 'global', 'proxy', 'image'),
    proxyInitImage: text(reader, 'global', 'proxy_init', 'image'),
    clusterName: text(reader, 'global', 'multiCluster', 'clusterName'),
    network: text(reader, 'global', 'network'),
    holdApplicationUntilProxyStarts: flag(reader, 'global', 'proxy', 'holdApplicationUntilProxyStarts'),
    rewriteAppHTTPProbe: flag(reader, 'sidecarInjectorWebhook', 'rewriteAppHTTPProbe'),
  };
  return reader.problems.length === 0 ? parsed(read) : failed(...reader.problems);
}

function text(reader: Reader, ...path: readonly string[]): string {
  const value = at(reader, path);
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  reader.problems.push(wrongType(value, 'string', pointerOf(path)));
  return '';
}

function flag(reader: Reader, ...path: readonly string[]): boolean {
  const value = at(reader, path);
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  reader.problems.push(wrongType(value, 'bool', pointerOf(path)));
  return false;
}

/** The tag is a google.protobuf.Value: anything goes, and it is printed. */
function printed(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : String(value);
}

function at(reader: Reader, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = reader.values;
  for (const [depth, key] of path.entries()) {
    if (value === undefined || value === null) return undefined;
    if (!isObject(value)) {
      const problem = wrongType(value, 'map[string]json.RawMessage', pointerOf(path.slice(0, depth)));
      if (!reader.problems.some((known) => known.where?.pointer === problem.where?.pointer))
        reader.problems.push(problem);
      return undefined;
    }
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function pointerOf(path: readonly string[]): string {
  return path.map((key) => `/${key}`).join('');
}

function wrongType(value: JsonValue, goType: string, pointer: string): Problem {
  const kinds = { boolean: 'bool', number: 'number', bigint: 'number', string: 'string' } as const;
  const kind = Array.isArray(value)
    ? 'array'
    : typeof value === 'object' || value === null
      ? 'object'
      : kinds[typeof value as keyof typeof kinds];
  return {
    code: 'VALUES_INVALID',
    severity: 'error',
    message: `could not parse configuration values: json: cannot unmarshal ${kind} into Go value of type ${goType}`,
    where: { pointer },
    remedy: 'Give the `values` key of the istio-sidecar-injector config map as the chart writes it.',
  };
}
