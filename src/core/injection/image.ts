import { formatValue } from '../gotemplate/index.ts';
import { getKey, type JsonObject, textAt } from '../json.ts';

/** What of the configuration names an image. `tag` is already in its printed form: 1.10 in YAML is 1.1. */
export type ImageSettings = {
  readonly hub: string;
  readonly tag: string;
  /** Name of the image; empty means `proxyv2`. */
  readonly name: string;
  /** `global.variant`, used where no image type is given. */
  readonly variant: string;
};

const IMAGE_TYPE_ANNOTATION = 'sidecar.istio.io/proxyImageType';

/**
 * `HUB/NAME:TAG` of `.ProxyImage` and `.ProxyInitImage` (injection.md 2.7).
 *
 * | annotation | ProxyConfig image | variant | type of the image |
 * |------------|-------------------|---------|-------------------|
 * | present    |                   |         | the annotation's  |
 * | absent     | not empty         |         | ProxyConfig's     |
 * | absent     | empty             | any     | the variant's     |
 *
 * The type replaces a trailing `-distroless` or `-debug` of the tag; the type `default` only removes it.
 */
export function imageUrl(settings: ImageSettings, imageType: string, annotations: JsonObject): string {
  const annotated = getKey(annotations, IMAGE_TYPE_ANNOTATION);
  const type = typeof annotated === 'string' ? annotated : imageType === '' ? settings.variant : imageType;
  const name = settings.name === '' ? 'proxyv2' : settings.name;
  return `${settings.hub}/${name}:${tagOf(settings.tag, type)}`;
}

function tagOf(tag: string, type: string): string {
  if (type === '') return tag;
  const known = ['-distroless', '-debug'].find((suffix) => tag.endsWith(suffix));
  const bare = known === undefined ? tag : tag.slice(0, -known.length);
  return type === 'default' ? bare : `${bare}-${type}`;
}

/** An image setting of the values as Go prints it (`%v`): the number 11 is `11`, 1.12 is `1.12`, absent is empty. */
export function printedTag(global: JsonObject): string {
  const tag = getKey(global, 'tag');
  return typeof tag === 'number' || typeof tag === 'bigint' ? formatValue(Number(tag)) : textAt(global, 'tag');
}
