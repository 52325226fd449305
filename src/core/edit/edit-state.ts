import type { CST, Node } from 'yaml';
import type { Style } from './render.ts';
import type { Splice } from './splice.ts';

/** Thrown where a change cannot be made on the spot; the next larger node is then written anew as a whole. */
export class CannotEdit extends Error {}

/** What one document's edit collects on its way through the nodes. */
export type Edit = {
  readonly source: string;
  readonly style: Style;
  readonly splices: Splice[];
  /** Nodes with a change inside: an alias of one of them has to be written out. */
  readonly changed: Set<Node>;
  /** Flow collections to which something was added: what comes next needs a comma in any case. */
  readonly grown: Set<CST.FlowCollection>;
};

/** Where the line of an offset begins. */
export function lineStartOf(source: string, offset: number): number {
  return source.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the line of an offset ends, before its newline. */
export function lineEnd(source: string, offset: number): number {
  const found = source.indexOf('\n', offset);
  const end = found === -1 ? source.length : found;
  return source[end - 1] === '\r' && end > offset ? end - 1 : end;
}
