import type { GoValue } from '../core/gotemplate/index.ts';
export const certificateFunctions: { readonly [name: string]: (args: readonly GoValue[]) => GoValue } = {};
