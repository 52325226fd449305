import {
  type CallContext,
  defineFunc,
  type FunctionTable,
  formatValue,
  fromJson,
  type GoFunc,
  GoInt,
  GoList,
  GoMap,
  type GoObject,
  type GoParameter,
  type GoValue,
  sprigFunctions,
  toJsonValue,
} from '../gotemplate/index.ts';
import { getKey, isObject, type JsonObject, listAt, stringifyGoJson, textAt } from '../json.ts';
import { emitYaml, roundTrip } from '../kube/index.ts';
import type { Release } from '../release.ts';
import { KubernetesView } from './kubernetes-view.ts';
import { MessageView } from './message-view.ts';
import { appendMultusNetwork } from './multus.ts';
import { otelResourceAttributes } from './otel.ts';
import { toInteger } from './pod.ts';
import { behaves } from './releases.ts';
import { renderFunction } from './render-function.ts';
import { DurationView } from './well-known-view.ts';

/**
 * The functions of a template: Sprig's, then Istio's, which replace Sprig's `contains`, `indent`, `env` and `omit`
 * (injection.md 3.5). Go's built-ins are always there. Up to 1.7 there is no Sprig. Made once per configuration.
 */
export function templateFunctions(release: Release): FunctionTable {
  const table = new Map<string, GoFunc>(behaves(release, 'sprig-functions') ? sprigFunctions : []);
  for (const { func, available } of ISTIO_FUNCTIONS) {
    if (available === undefined || available(release)) table.set(func.name, func);
  }
  if (!behaves(release, 'nil-duration-is-zero')) table.set('formatDuration', nilDurationFails);
  if (!behaves(release, 'inbound-ports-tcp-only')) {
    for (const func of everyPort) if (table.has(func.name)) table.set(func.name, func);
  }
  if (!behaves(release, 'multus-namespace')) table.set('appendMultusNetwork', plainMultus);
  // 1.0.0 to 1.0.2 have neither toJSON nor toJson.
  if (table.has('toJSON') && !behaves(release, 'sprig-to-json')) table.set('toJson', named('toJson', toJSON));
  return table;
}

/** The types of Go that arguments have: another one is an error of the template there, and here. */
const OBJECT_META = 'go:v1.ObjectMeta';
const CONTAINERS = 'go:[]v1.Container';
const DURATION = 'go:*durationpb.Duration';
const STRINGS = 'map[string]string';

type Definition = { readonly func: GoFunc; readonly available?: (release: Release) => boolean };

function define(
  name: string,
  parameters: readonly GoParameter[],
  call: (args: readonly GoValue[], context: CallContext) => GoValue,
  variadic = false,
): GoFunc {
  return defineFunc(name, parameters, variadic, call);
}

function named(name: string, func: GoFunc): GoFunc {
  return { ...func, name };
}

const annotation = define('annotation', [OBJECT_META, 'string', 'any'], ([metadata, name, fallback]) => {
  const annotations = fieldOf(metadata, 'Annotations');
  const value = annotations instanceof GoMap ? annotations.entries.get(text(name)) : undefined;
  return typeof value === 'string' ? value : sprint(fallback);
});

const multus = define('appendMultusNetwork', ['string', 'string'], ([existing, network]) =>
  appendMultusNetwork(text(existing), text(network)),
);

const plainMultus = define('appendMultusNetwork', ['string', 'string'], ([existing, network]) =>
  appendMultusNetwork(text(existing), text(network), false),
);

/** Every port of every container, also one that occurs twice; `portsOf` says which of a container's ports count. */
function portFunctions(portsOf: (container: JsonObject) => readonly string[]): readonly GoFunc[] {
  return [
    define('includeInboundPorts', [CONTAINERS], ([containers]) =>
      containerViews(containers).flatMap(portsOf).join(','),
    ),
    define('applicationPorts', [CONTAINERS], ([containers]) =>
      containerViews(containers)
        .filter((container) => textAt(container, 'name') !== 'istio-proxy')
        .flatMap(portsOf)
        .join(','),
    ),
  ];
}

/** Go's argument order turned round, so that it reads well at the end of a pipeline. */
const contains = define('contains', ['string', 'string'], ([needle, haystack]) =>
  text(haystack).includes(text(needle)),
);

const directory = define('directory', ['string'], ([path]) => text(path).slice(0, text(path).lastIndexOf('/') + 1));

/** An empty variable counts as unset. */
const env = define('env', ['string', 'string'], ([key, fallback], { host }) => {
  const value = host.env?.(text(key)) ?? '';
  return value === '' ? text(fallback) : value;
});

const excludeInboundPort = define('excludeInboundPort', ['any', 'string'], ([port, list]) =>
  withExcludedPort(sprint(port).trim(), text(list)),
);

const identity = (name: string): GoFunc => define(name, ['string'], ([value]) => text(value));

/** What an absent duration prints as changed with the protobuf library. */
const durationFunction = (absent: string): GoFunc =>
  define('formatDuration', [DURATION], ([duration]) =>
    duration instanceof DurationView && !duration.nil ? duration.durationText() : absent,
  );

const nilDurationFails = durationFunction('1s');

/** Unreadable text gives the *string* `{}`, over which a range fails: upstream does so too. */
const fromJSON = define('fromJSON', ['string'], ([source]) => {
  try {
    return fromJson(JSON.parse(text(source)));
  } catch {
    return '{}';
  }
});

/** Every line but the first, empty ones too. */
const indent = define('indent', ['int', 'string'], ([spaces, source]) =>
  text(source).replaceAll('\n', `\n${' '.repeat(integer(spaces))}`),
);

const isset = define('isset', [STRINGS, 'string'], ([map, key]) => map instanceof GoMap && map.entries.has(text(key)));

const mergeMaps = define('mergeMaps', [STRINGS], (maps) => union(maps), true);

const omit = define(
  'omit',
  [STRINGS, 'string'],
  ([map, ...keys]) => {
    const entries = new Map(map instanceof GoMap ? map.entries : []);
    for (const key of keys) entries.delete(text(key));
    return stringMap(entries);
  },
  true,
);

const omitNil = define('omitNil', ['any'], ([value]) => withoutNil(value));

const otel = define('otelResourceAttributes', ['any', 'any', 'any', 'string', 'any'], (args) => {
  const [mesh, annotations, labels, namespace, containers] = args;
  if (!(mesh instanceof MessageView) || !wantsOtelAttributes(mesh)) return '';
  return otelResourceAttributes(stringsOf(annotations), stringsOf(labels), text(namespace), containerViews(containers));
});

const protoToJSON = define('protoToJSON', ['any'], ([message]) =>
  message instanceof MessageView && !message.nil ? message.toProtoJson() : '{}',
);

const strdict = define(
  'strdict',
  ['string'],
  (items) => {
    const entries = new Map<string, GoValue>();
    for (let i = 0; i < items.length; i += 2)
      entries.set(text(items[i]), i + 1 < items.length ? text(items[i + 1]) : '');
    return stringMap(entries);
  },
  true,
);

/** In the order of the Go struct, zero values left out. */
const structToJSON = define('structToJSON', ['any'], ([value]) => {
  if (value === undefined || value === null) return '{}';
  if (!(value instanceof KubernetesView)) return stringifyGoJson(toJsonValue(value));
  if (value.nil) return '{}';
  const typed = roundTrip(value.structType, value.json, { unknown: 'drop', creationTimestampNull: false });
  return stringifyGoJson(typed.ok ? typed.value : value.json);
});

const toJSON = define('toJSON', [STRINGS], ([map]) =>
  map instanceof GoMap && !map.nil ? stringifyGoJson(toJsonValue(map), SORTED) : '{}',
);

const toJsonMap = define(
  'toJsonMap',
  [STRINGS],
  (maps) => (maps.length === 0 ? 'null' : stringifyGoJson(toJsonValue(union(maps)), SORTED)),
  true,
);

const toLower = define('toLower', ['string'], ([value]) => text(value).toLowerCase());

const toYaml = define('toYaml', ['any'], ([value]) => emitYaml(value === undefined ? null : toJsonValue(value)));

const valueOrDefault = define('valueOrDefault', ['any', 'any'], ([value, fallback]) =>
  value === undefined || value === null || value === '' ? fallback : value,
);

/** Up to 1.2 UDP and SCTP ports count too. */
const everyPort = portFunctions((container) => listAt(container, 'ports').map(portText));

const ISTIO_FUNCTIONS: readonly Definition[] = [
  { func: durationFunction('0s') },
  { func: isset },
  ...[excludeInboundPort, ...portFunctions(inboundPorts), annotation, toJSON].map((func) => ({
    func,
    available: (release: Release) => behaves(release, 'template-functions-annotation'),
  })),
  ...[
    ...[contains, directory, env, fromJSON, indent, multus, protoToJSON, structToJSON],
    ...[toLower, toYaml, valueOrDefault, identity('excludeInterfaces'), identity('kubevirtInterfaces')],
  ].map((func) => ({ func, available: (release: Release) => behaves(release, 'template-functions-values') })),
  { func: renderFunction, available: (release) => behaves(release, 'template-function-render') },
  ...[mergeMaps, omit, strdict, toJsonMap].map((func) => ({
    func,
    available: (release: Release) => behaves(release, 'template-functions-maps'),
  })),
  { func: omitNil, available: (release) => behaves(release, 'omit-nil') },
  { func: otel, available: (release) => behaves(release, 'otel-resource-attributes') },
];

const SORTED = { sortKeys: true, escapeHtml: true };

/** fmt.Sprint: what is not there prints as a nil interface. */
function sprint(value: GoValue): string {
  return value === undefined || value === null ? '<nil>' : formatValue(value);
}

function text(value: GoValue): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : formatValue(value);
}

function integer(value: GoValue): number {
  return value instanceof GoInt ? Number(value.value) : typeof value === 'number' ? value : 0;
}

function isGoObject(value: GoValue): value is GoObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind !== 'func';
}

function fieldOf(value: GoValue, name: string): GoValue {
  if (!isGoObject(value) || value.nil) return undefined;
  const field = value.field(name);
  return typeof field === 'symbol' ? undefined : field;
}

/** `p` of injection.md 3.5: an element that equals the port untrimmed leaves the list as it is, spaces and all. */
function withExcludedPort(port: string, list: string): string {
  if (port === '' || port === '0') return list;
  const elements = list.split(',');
  if (elements.includes(port)) return list;
  return [...elements.map((element) => element.trim()).filter((element) => element !== ''), port].join(',');
}

/** Container ports of one container as texts, as `includeInboundPorts` joins them. */
export function inboundPorts(container: JsonObject): readonly string[] {
  return listAt(container, 'ports')
    .filter((port) => !['UDP', 'SCTP'].includes(textAt(port, 'protocol')))
    .map(portText);
}

function portText(port: JsonObject): string {
  return String(toInteger(getKey(port, 'containerPort')) ?? 0);
}

function containerViews(value: GoValue): readonly JsonObject[] {
  if (!(value instanceof GoList)) return [];
  return value.items.flatMap((item) => (item instanceof KubernetesView ? [item.json] : []));
}

function stringMap(entries: Map<string, GoValue>): GoMap {
  return new GoMap(entries, 'map[string]string', '');
}

function stringsOf(value: GoValue): JsonObject {
  return value instanceof GoMap ? (Object.fromEntries(value.entries) as JsonObject) : {};
}

function union(maps: readonly GoValue[]): GoValue {
  if (maps.length === 0) return new GoMap(new Map(), 'map[string]string', '', true);
  const entries = new Map<string, GoValue>();
  for (const map of maps) {
    if (map instanceof GoMap) for (const [key, value] of map.entries) entries.set(key, value);
  }
  return stringMap(entries);
}

/** A map or list that becomes empty because something was removed is nil itself; untouched empty ones stay. */
function withoutNil(value: GoValue): GoValue {
  if (value instanceof GoMap) {
    const entries = new Map<string, GoValue>();
    for (const [key, item] of value.entries) {
      const kept = withoutNil(item);
      if (kept !== null && kept !== undefined) entries.set(key, kept);
    }
    return entries.size === 0 && value.entries.size > 0 ? null : new GoMap(entries, value.type, value.elementZero);
  }
  if (value instanceof GoList) {
    const items = value.items.map(withoutNil).filter((item) => item !== null && item !== undefined);
    return items.length === 0 && value.items.length > 0 ? null : new GoList(items, value.type);
  }
  return value ?? null;
}

/** Whether a provider of the mesh asks for OpenTelemetry's semantic conventions. */
function wantsOtelAttributes(mesh: MessageView): boolean {
  return listAt(mesh.json, 'extensionProviders').some((provider) => {
    const opentelemetry = getKey(provider, 'opentelemetry');
    if (!isObject(opentelemetry)) return false;
    const enrichment = getKey(opentelemetry, 'serviceAttributeEnrichment');
    return enrichment === 'OTEL_SEMANTIC_CONVENTIONS' || enrichment === 1;
  });
}
