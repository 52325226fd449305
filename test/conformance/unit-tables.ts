/** The tables of Istio's small tests (`injection/head/unit.json`), each row a case. */
import { decideInjection } from '../../src/core/injection/decide.ts';
import { imageUrl, printedTag } from '../../src/core/injection/image.ts';
import { appendMultusNetwork } from '../../src/core/injection/multus.ts';
import { detectNativeSidecars } from '../../src/core/injection/native-sidecar.ts';
import { isPrometheusMergeEnabled } from '../../src/core/injection/prometheus.ts';
import { inboundPorts } from '../../src/core/injection/template-functions.ts';
import { parseInjectEnvs } from '../../src/core/injection/url-env.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import {
  defaultProxyConfig,
  overlayProxyConfig,
  type ProxyConfig,
  proxyConfigToJson,
} from '../../src/core/mesh/index.ts';
import { LATEST } from '../../src/core/release.ts';
import { type CaseResult, readCorpus } from './corpus.ts';

type Row = { readonly [key: string]: JsonValue };

/** Computes what a row's `want` is compared with. */
type Table = { readonly label: string; readonly run: (row: Row) => JsonValue };

const TABLES: Readonly<Record<string, Table>> = {
  injectRequired: { label: 'metadata', run: injectRequired },
  parseInjectEnvs: { label: 'name', run: (row) => Object.fromEntries(parseInjectEnvs(decodedPath(row))) },
  appendMultusNetwork: {
    label: 'name',
    run: (row) => appendMultusNetwork(text(row.in), text(row.istioCniNetwork)),
  },
  proxyImage: { label: 'desc', run: proxyImage },
  cleanProxyConfig: { label: 'name', run: cleanProxyConfig },
  enablePrometheusMerge: {
    label: 'name',
    run: (row) => {
      const mesh = object(row.mesh).enablePrometheusMerge;
      return isPrometheusMergeEnabled(typeof mesh === 'boolean' ? mesh : undefined, object(row.annotations));
    },
  },
  detectNativeSidecar: { label: 'env', run: detectNativeSidecar },
  portsForContainer: { label: 'ports', run: (row) => inboundPorts({ ports: row.ports ?? [] }) },
};

export function runUnitTables(): readonly CaseResult[] {
  const tables = JSON.parse(readCorpus('injection', 'head', 'unit.json')) as Readonly<Record<string, readonly Row[]>>;
  return Object.entries(tables).flatMap(([name, rows]) => {
    const table = TABLES[name];
    return rows.map((row, i) => {
      const head = { suite: 'injection/unit', path: name, name: `${i} ${labelOf(row, table)}` };
      if (table === undefined) return { ...head, passed: false, why: 'no runner for this table' };
      const got = canonical(table.run(row));
      const want = canonical(row.want ?? null);
      return { ...head, passed: got === want, why: got === want ? undefined : `want ${want}, got ${got}` };
    });
  });
}

function injectRequired(row: Row): boolean {
  const config = object(row.config);
  const pod = { metadata: object(row.metadata), spec: row.hostNetwork === true ? { hostNetwork: true } : {} };
  const policy = {
    release: LATEST,
    policy: text(config.policy),
    neverInjectSelector: objects(config.neverInjectSelector),
    alwaysInjectSelector: objects(config.alwaysInjectSelector),
  };
  return decideInjection(pod, { path: 'webhook', requestNamespace: '' }, policy).inject;
}

function decodedPath(row: Row): string {
  return typeof row.urlEncoded === 'string' ? decodeURIComponent(row.urlEncoded) : text(row.path);
}

function proxyImage(row: Row): string {
  const global = object(object(row.values).global);
  const settings = {
    hub: text(global.hub),
    tag: printedTag(global),
    name: text(object(global.proxy).image),
    variant: text(global.variant),
  };
  return imageUrl(settings, text(object(row.proxyConfigImage).imageType), object(row.annotations));
}

function cleanProxyConfig(row: Row): JsonValue {
  const defaults = defaultProxyConfig(LATEST) as ProxyConfig;
  const config = overlayProxyConfig(defaults, object(row.proxyConfigOverDefaults), LATEST);
  return JSON.parse(proxyConfigToJson(config, LATEST)) as JsonValue;
}

function detectNativeSidecar(row: Row): boolean {
  const versions = Array.isArray(row.kubeletVersions) ? row.kubeletVersions : [];
  const nodes = new Map(versions.map((version, i) => [`node-${i}`, text(version)]));
  const mode = row.env === 'true' || row.env === 'auto' ? row.env : 'false';
  return detectNativeSidecars(mode, nodes, '');
}

function labelOf(row: Row, table: Table | undefined): string {
  const label = row[table?.label ?? ''];
  return typeof label === 'string' ? label : text(object(label).name) || JSON.stringify(label ?? '').slice(0, 60);
}

function object(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Order of keys does not matter in these tables. */
function canonical(value: JsonValue): string {
  if (isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
}
