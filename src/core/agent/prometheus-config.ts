import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { badSetting } from './setting-problem.ts';

export type ScrapeTarget = { readonly port: string; readonly path: string };

/** Which endpoints of the application are merged. */
export type ScrapeConfig = { readonly port: string; readonly targets: readonly ScrapeTarget[] };

const VARIABLE = 'ISTIO_PROMETHEUS_ANNOTATIONS';
const RESERVED = new Set(['15000', '15001', '15004', '15006', '15008', '15020', '15021', '15053', '15090']);

/** Whether a port belongs to the sidecar, so that scraping it would loop or show the wrong metrics. */
export function isReservedPort(port: string): boolean {
  return RESERVED.has(port);
}

/** ISTIO_PROMETHEUS_ANNOTATIONS (agent.md 12); undefined: the application is not scraped. */
export function parseScrapeConfig(
  text: string | undefined,
  statusPort: number,
  nodeType: string,
): Parsed<ScrapeConfig | undefined> {
  if (text === undefined || text === '' || nodeType !== 'sidecar') return parsed(undefined);
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return failed(badSetting(`failed to unmarshal prometheus annotations: ${String(error)}`, VARIABLE));
  }
  if (!isObject(value)) return failed(badSetting('prometheus annotations must be a JSON object', VARIABLE));
  if (member(value, 'scrape') === 'false') return parsed(undefined);
  const given = value.targets;
  const listed = isArray(given) ? given.filter(isObject) : [];
  const targets =
    listed.length > 0
      ? listed.map((target) => ({ port: member(target, 'port'), path: member(target, 'path') || '/metrics' }))
      : [{ port: member(value, 'port') || '80', path: member(value, 'path') || '/metrics' }];
  const wrong = targets.map(({ port }) => portFailure(port, statusPort)).find((failure) => failure !== undefined);
  if (wrong !== undefined) return failed(badSetting(wrong, VARIABLE));
  return parsed({ port: member(value, 'port') || (targets[0]?.port ?? ''), targets });
}

function portFailure(port: string, statusPort: number): string | undefined {
  const number = /^\d{1,9}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65535) return `invalid prometheus scrape port ${JSON.stringify(port)}: must be 1 to 65535`;
  if (number === statusPort) {
    return `invalid prometheus scrape configuration: application port is the same as agent port ${port}, which may lead to a recursive loop`;
  }
  return isReservedPort(String(number))
    ? `invalid prometheus scrape port ${port}: it is reserved for the sidecar`
    : undefined;
}

/** Every value is text upstream; a number written by hand is taken as its text. */
function member(object: JsonObject, name: string): string {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Annotation prometheus.istio.io/scrape-targets, `port:path,port:path`; the text of what is wrong otherwise. */
export function parseScrapeTargets(text: string): readonly ScrapeTarget[] | { readonly error: string } {
  const targets: ScrapeTarget[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const at = item.indexOf(':');
    const port = (at < 0 ? item : item.slice(0, at)).trim();
    if (port === '') return { error: `scrape target ${item} has no port` };
    targets.push({ port, path: (at < 0 ? '' : item.slice(at + 1).trim()) || '/metrics' });
  }
  return targets;
}
