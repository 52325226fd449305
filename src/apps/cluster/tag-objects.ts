import { tagAccess, tagConfiguration } from '../../core/install/index.ts';
import { getKey, isObject, type JsonObject } from '../../core/json.ts';
import { entriesOf, isOurs, labelOf, nameOf } from './rivals.ts';
import type { TagRequest } from './tag.ts';

/**
 * The objects of a revision tag: a configuration that does as that of the revision does, and the right to write its
 * caBundle. The bundle is taken along `with` it, so that the tag works before the webhook has seen it; a manifest that
 * somebody keeps is made `without`.
 */
export function tagObjects(
  { tag, options, webhookName }: TagRequest,
  configurations: readonly JsonObject[],
  bundle: 'with' | 'without',
): readonly JsonObject[] {
  const revision = options.revision === '' ? 'default' : options.revision;
  const canonical = configurations.find(
    (object) => labelOf(object, 'istio.io/rev') === revision && labelOf(object, 'istio.io/tag') === '',
  );
  if (canonical === undefined) return [];
  const entry = entriesOf(canonical)[0] ?? {};
  const { caBundle, ...client } = objectAt(entry, 'clientConfig');
  const clientConfig = bundle === 'with' && caBundle !== undefined ? { ...client, caBundle } : client;
  const service = getKey(objectAt(client, 'service'), 'namespace');
  const settled = {
    ...options,
    namespace: isOurs(canonical) && typeof service === 'string' ? service : options.namespace,
  };
  const usual = tagConfiguration(tag, settled);
  const named = webhookName === undefined ? usual : withName(usual, webhookName);
  const configuration = likeCanonical(named, entry, clientConfig, canonical);
  // Another injector has its own rights, and writes the caBundle of every configuration of its revision.
  return isOurs(canonical) ? [...tagAccess(nameOf(configuration), settled), configuration] : [configuration];
}

/** How a call is made, and what happens when it fails, is the revision's to say. */
const INHERITED = ['admissionReviewVersions', 'failurePolicy', 'reinvocationPolicy', 'sideEffects', 'timeoutSeconds'];
const INJECT_CA = 'cert-manager.io/inject-ca-from';

function likeCanonical(
  tag: JsonObject,
  entry: JsonObject,
  clientConfig: JsonObject,
  canonical: JsonObject,
): JsonObject {
  const inherited = Object.fromEntries(
    INHERITED.flatMap((key) => {
      const value = getKey(entry, key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const issuer = getKey(objectAt(objectAt(canonical, 'metadata'), 'annotations'), INJECT_CA);
  const metadata = objectAt(tag, 'metadata');
  return {
    ...tag,
    metadata: issuer === undefined ? metadata : { ...metadata, annotations: { [INJECT_CA]: issuer } },
    webhooks: entriesOf(tag).map((each) => ({ ...each, ...inherited, clientConfig })),
  };
}

function withName(object: JsonObject, name: string): JsonObject {
  return { ...object, metadata: { ...objectAt(object, 'metadata'), name } };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = getKey(object, key);
  return isObject(value) ? value : {};
}
