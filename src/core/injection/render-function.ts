import { defineFunc, type GoFunc, type TemplateHost } from '../gotemplate/index.ts';

/**
 * What the function `render` needs of the running injection. It comes with the host, as every outside thing does, so
 * that one compiled template can serve many pods at once.
 */
export type RenderHost = TemplateHost & {
  /** The text executed as a template with the same data and functions; empty where it fails. */
  readonly renderTemplate?: ((source: string) => string) | undefined;
};

/**
 * `render TEXT` of Istio 1.2 to 1.13: a text of the values that is itself a template, such as a DNS search domain with
 * the pod's namespace in it. A text that fails gives the empty string, without an error.
 */
export const renderFunction: GoFunc = defineFunc('render', ['string'], false, ([source], { host }) => {
  const { renderTemplate } = host as RenderHost;
  return renderTemplate === undefined || typeof source !== 'string' ? '' : renderTemplate(source);
});
