import { compileTemplate, executeTemplate, type GoObject, type TemplateHost } from '../gotemplate/index.ts';
import type { Release } from '../release.ts';
import type { RenderHost } from './render-function.ts';
import { templateFunctions } from './template-functions.ts';

/** A template that renders itself would never end; Go's would exhaust its stack. */
const NESTED_LIMIT = 16;

/** The host of a template that may call `render`: a text executed as template, with the same data and functions. */
export function renderHost(
  data: GoObject,
  host: TemplateHost,
  release: Release,
  left: number = NESTED_LIMIT,
): RenderHost {
  return {
    ...host,
    renderTemplate: (source) => {
      if (left === 0) return '';
      const compiled = compileTemplate(source, { name: 'inject', functions: templateFunctions(release) });
      if (!compiled.ok) return '';
      const text = executeTemplate(compiled.value, data, { host: renderHost(data, host, release, left - 1) });
      return text.ok ? text.value : '';
    },
  };
}
