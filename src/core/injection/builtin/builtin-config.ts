import { getKey, isObject, type JsonObject, type MutableJsonObject, setKey, stringifyGoJson } from '../../json.ts';
import type { InjectionConfigTexts } from '../load-config.ts';
import { SIDECAR_TEMPLATE } from './sidecar-template.ts';
import { BUILTIN_VALUES } from './values.ts';

export type BuiltinOptions = {
  /** Tag of the images; usually Remora's own version. */
  readonly tag: string;
  /** What stands before the images' names; `remora` unless given. */
  readonly hub?: string | undefined;
  /** A name within the hub, or with a `/` or `:` a whole image (`proxy:dev`), in place of `proxy` and `init`. */
  readonly proxyImage?: string | undefined;
  readonly initImage?: string | undefined;
  /** Laid over the built-in values, map by map: the form of Istio's chart values. */
  readonly values?: JsonObject | undefined;
  /** Key `mesh` of the config map istio; the release's defaults unless given. */
  readonly meshConfigText?: string | undefined;
};

/**
 * The configuration that injection uses where the user has none: our own template and values, as the texts that
 * `loadInjectionConfig` reads. Releases before 1.27 do not know `.NativeSidecars`, which it asks for.
 */
export function builtinConfig(
  options: BuiltinOptions,
): Required<Pick<InjectionConfigTexts, 'configText' | 'valuesText' | 'meshConfigText'>> {
  const images = {
    global: {
      tag: options.tag,
      ...(options.hub === undefined ? {} : { hub: options.hub }),
      ...(options.proxyImage === undefined ? {} : { proxy: { image: options.proxyImage } }),
      ...(options.initImage === undefined ? {} : { proxy_init: { image: options.initImage } }),
    },
  };
  return {
    configText: CONFIG,
    valuesText: stringifyGoJson(laidOver(laidOver(BUILTIN_VALUES, images), options.values ?? {})),
    meshConfigText: options.meshConfigText ?? '',
  };
}

/** A block scalar, which is read line by line: a quoted one of that size costs milliseconds of every start. */
const CONFIG = `policy: enabled
defaultTemplates: [sidecar]
templates:
  sidecar: |
${SIDECAR_TEMPLATE.replace(/^(?=.)/gm, '    ')}`;

function laidOver(base: JsonObject, over: JsonObject): JsonObject {
  const result: MutableJsonObject = { ...base };
  for (const key of Object.keys(over)) {
    const [below, above] = [getKey(base, key), over[key] ?? null];
    setKey(result, key, isObject(below) && isObject(above) ? laidOver(below, above) : above);
  }
  return result;
}
