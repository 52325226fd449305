/** One replacement in a text: the characters from `start` to `end` give way to `text`. Offsets are UTF-16 units. */
export type Splice = { readonly start: number; readonly end: number; readonly text: string };

/**
 * Applies splices that do not overlap. Those at the same place keep their order. Throws where two overlap: that would
 * be a bug of whoever planned them, never of the user's.
 */
export function applySplices(source: string, splices: readonly Splice[]): string {
  let out = '';
  let at = 0;
  for (const splice of inOrder(splices)) {
    if (splice.start < at) throw new Error(`splices overlap at offset ${splice.start}`);
    out += source.slice(at, splice.start) + splice.text;
    at = splice.end;
  }
  return out + source.slice(at);
}

/** The splices that lead from the result of {@link applySplices} back to `source`. */
export function invertSplices(source: string, splices: readonly Splice[]): readonly Splice[] {
  let shift = 0;
  return inOrder(splices).map(({ start, end, text }) => {
    const inverse = { start: start + shift, end: start + shift + text.length, text: source.slice(start, end) };
    shift += text.length - (end - start);
    return inverse;
  });
}

/** Array.prototype.sort is stable, so splices at one place stay in the order in which they were planned. */
function inOrder(splices: readonly Splice[]): readonly Splice[] {
  return [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
}
