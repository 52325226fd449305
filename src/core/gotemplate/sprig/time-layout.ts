/** The elements of a Go time layout, which is the reference time written the way one wants it. */

/** Longest first where one starts with another. */
const ELEMENTS =
  /January|Monday|MST|Jan(?![a-z])|Mon(?![a-z])|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|2006|0[1-6]|002|__2|_2(?!006)|15|PM|pm|[.,](?:0+|9+)(?![0-9])|[12345]/g;

/** A literal text, and the element behind it: empty at the end of the layout. */
export type LayoutStep = { readonly literal: string; readonly element: string };

export function layoutSteps(layout: string): readonly LayoutStep[] {
  const steps: LayoutStep[] = [];
  let at = 0;
  for (const match of layout.matchAll(ELEMENTS)) {
    steps.push({ literal: layout.slice(at, match.index), element: match[0] });
    at = match.index + match[0].length;
  }
  steps.push({ literal: layout.slice(at), element: '' });
  return steps;
}
