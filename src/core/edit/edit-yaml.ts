import { type Document, isMap, parseAllDocuments, visit, type YAMLSeq } from 'yaml';
import type { JsonObject } from '../json.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { editDocument } from './edit-document.ts';
import { lineStartOf } from './edit-state.ts';
import { jsonEqual } from './equal.ts';
import { newlineOf } from './newline.ts';
import { renderLines, type Style } from './render.ts';
import { applySplices, type Splice } from './splice.ts';

/** One document of a text that shall say something else. */
export type DocumentEdit = {
  /** 1-based line on which the document, or anything before it that belongs to it, starts. */
  readonly line: number;
  /** How many lines it has. */
  readonly lines: number;
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** Reads a document in the way in which `before` was read, to see that the edited text says `after`. */
  readonly read: (document: string) => Parsed<JsonObject>;
};

/**
 * Plans the splices that turn a YAML text into one that says `after` in each edited document and is otherwise the same
 * to the byte: comments, order, quoting, anchors, blank lines and line ends stay.
 *
 * Every edited document is read again and compared. Where the careful way does not give what it should (an anchor whose
 * users would change with it in a way that is not foreseen), the document is written anew from its value, which loses
 * its comments but never its meaning. Linear in the text: documents that do not change are not even parsed.
 */
export function planEdits(text: string, edits: readonly DocumentEdit[]): Parsed<readonly Splice[]> {
  const starts = lineStarts(text);
  const newline = newlineOf(text);
  const splices: Splice[] = [];
  const problems: Problem[] = [];
  let listIndent = 0;
  for (const edit of edits) {
    const start = starts[edit.line - 1] ?? text.length;
    const source = text.slice(start, starts[edit.line - 1 + edit.lines] ?? text.length);
    const document = parseFirst(source);
    listIndent = listIndentOf(source, document) ?? listIndent;
    const planned = planDocument(source, document, edit, { listIndent, newline });
    if (planned === undefined) problems.push(notEditable(edit));
    else splices.push(...planned.map((s) => ({ start: s.start + start, end: s.end + start, text: s.text })));
  }
  return problems.length > 0 ? failed(...problems) : parsed(splices);
}

/** Documents of YAML 1.1, as Kubernetes reads them; of a text with several only the first one counts. */
function parseFirst(source: string): Document.Parsed | undefined {
  const documents = parseAllDocuments(source, { keepSourceTokens: true, version: '1.1', uniqueKeys: false });
  return Array.isArray(documents) ? documents[0] : undefined;
}

function planDocument(
  source: string,
  document: Document.Parsed | undefined,
  edit: DocumentEdit,
  style: Style,
): readonly Splice[] | undefined {
  const careful = document === undefined ? undefined : tryEdit(source, document, edit, style);
  if (careful !== undefined && says(source, careful, edit)) return careful;
  const anew = writtenAnew(source, edit, style);
  return says(source, anew, edit) ? anew : undefined;
}

/** Not every way of writing YAML can be edited on the spot, nor does this parser read all that Go's reads. */
function tryEdit(
  source: string,
  document: Document.Parsed,
  edit: DocumentEdit,
  style: Style,
): readonly Splice[] | undefined {
  try {
    return editDocument(source, document, edit.before, edit.after, style);
  } catch {
    return undefined;
  }
}

function says(source: string, splices: readonly Splice[], edit: DocumentEdit): boolean {
  let edited: string;
  try {
    edited = applySplices(source, splices);
  } catch {
    return false;
  }
  const value = edit.read(edited);
  return value.ok && jsonEqual(value.value, edit.after);
}

/** The whole value in place of the old one; what stands before it and after it stays. */
function writtenAnew(source: string, edit: DocumentEdit, style: Style): readonly Splice[] {
  const lines = source.split('\n');
  const isOutside = (line: string): boolean => /^\s*(?:#|$)|^---\s*(?:#|$)|^%/.test(line);
  let first = 0;
  while (first < lines.length && isOutside(lines[first] ?? '')) first++;
  let last = lines.length;
  while (last > first && isOutside(lines[last - 1] ?? '')) last--;
  const start = lines.slice(0, first).join('\n').length + (first > 0 ? 1 : 0);
  const end = lines.slice(0, last).join('\n').trimEnd().length;
  return [{ start, end: Math.max(start, end), text: renderLines(edit.after, style).join(style.newline) }];
}

function notEditable(edit: DocumentEdit): Problem {
  return {
    code: 'PATCH_FAILED',
    severity: 'error',
    message: 'this document cannot be changed in place',
    where: { line: edit.line },
    remedy: 'Write the result to another file: kube-inject without --in-place.',
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** How far the first block list below a key is indented; undefined where there is none. */
function listIndentOf(source: string, document: Document.Parsed | undefined): number | undefined {
  let found: number | undefined;
  if (document === undefined) return found;
  visit(document, {
    Seq(_key, seq: YAMLSeq, path) {
      const parent = path.at(-2);
      const token = seq.srcToken;
      if (token?.type !== 'block-seq' || !isMap(parent) || parent.srcToken?.type !== 'block-map') return undefined;
      const column = (offset: number): number => offset - lineStartOf(source, offset);
      found = Math.max(0, column(token.offset) - column(parent.srcToken.offset));
      return visit.BREAK;
    },
  });
  return found;
}
