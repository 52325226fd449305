import { type Document, isMap, LineCounter, parseAllDocuments, visit, type YAMLSeq } from 'yaml';
import { getKey, isObject, type JsonObject } from '../json.ts';
import { parseYaml } from '../kube/index.ts';
import { failed, type Parsed, parsed } from '../problem.ts';
import { editDocument } from './edit-document.ts';
import { renderLines, type Style } from './render.ts';
import { applySplices, type Splice } from './splice.ts';

/** One document of a text that shall say something else. */
export type DocumentEdit = {
  /** 1-based line on which the document's content, or anything before it that belongs to it, starts. */
  readonly line: number;
  readonly before: JsonObject;
  readonly after: JsonObject;
};

/**
 * Plans the splices that turn a YAML text into one that says `after` in each edited document and is otherwise the same
 * to the byte: comments, order, quoting, anchors, blank lines and line ends stay.
 *
 * Every planned document is read again and compared; where the careful way does not give what it should (an anchor whose
 * users would change with it in a way that is not foreseen), the document is written anew from its value, which loses
 * its comments but never its meaning.
 */
export function planEdits(text: string, edits: readonly DocumentEdit[]): Parsed<readonly Splice[]> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    keepSourceTokens: true,
    version: '1.1',
    uniqueKeys: false,
    lineCounter: lines,
  });
  if (!Array.isArray(documents)) return parsed([]);
  const starts = documents.map((document) => lines.linePos(document.contents?.range?.[0] ?? document.range[0]).line);
  const style = styleOf(text, documents);
  const splices: Splice[] = [];
  for (const [i, edit] of edits.entries()) {
    const end = edits[i + 1]?.line ?? Number.POSITIVE_INFINITY;
    const index = starts.findIndex((line, at) => line >= edit.line && line < end && isMap(documents[at]?.contents));
    const document = documents[index];
    if (document === undefined) {
      return failed({
        code: 'YAML_SYNTAX',
        severity: 'error',
        message: `no YAML mapping starts at line ${edit.line}`,
        where: { line: edit.line },
        remedy: 'Check the document separators above this line.',
      });
    }
    splices.push(...planDocument(text, document, edit, style));
  }
  return parsed(splices);
}

function planDocument(text: string, document: Document.Parsed, edit: DocumentEdit, style: Style): readonly Splice[] {
  const [start, end] = spanOf(text, document);
  try {
    const splices = editDocument(text, document, edit.before, edit.after, style);
    const edited = applySplices(
      text.slice(start, end),
      splices.map((s) => ({ start: s.start - start, end: s.end - start, text: s.text })),
    );
    if (says(edited, text.slice(start, end), edit)) return splices;
  } catch {
    // Not every way of writing YAML can be edited on the spot; the document is then written anew.
  }
  const lines = renderLines(edit.after, style).join(style.newline);
  const written = document.contents?.range;
  const from = written?.[0] ?? start;
  return [{ start: from, end: Math.max(from, text.slice(0, written?.[1] ?? end).trimEnd().length), text: lines }];
}

/** Whether the edited text changed exactly as wanted: every top-level value of `after`, and no other value touched. */
function says(edited: string, original: string, edit: DocumentEdit): boolean {
  const now = parseYaml(edited);
  const was = parseYaml(original);
  if (!now.ok || !was.ok || !isObject(now.value) || !isObject(was.value)) return false;
  return follows(was.value, now.value, edit.before, edit.after);
}

/**
 * `was` and `now` are raw, `before` and `after` typed (an engine drops empty values, writes quantities its own way), so
 * they are compared by their changes: where before equals after, was must equal now, and elsewhere now must equal after.
 */
function follows(was: JsonObject, now: JsonObject, before: JsonObject, after: JsonObject): boolean {
  const keys = new Set([...Object.keys(was), ...Object.keys(now), ...Object.keys(before), ...Object.keys(after)]);
  for (const key of keys) {
    const [w, n, b, a] = [getKey(was, key), getKey(now, key), getKey(before, key), getKey(after, key)];
    if (JSON.stringify(b) === JSON.stringify(a)) {
      if (JSON.stringify(w) !== JSON.stringify(n)) return false;
    } else if (isObject(w) && isObject(n) && isObject(b) && isObject(a)) {
      if (!follows(w, n, b, a)) return false;
    } else if (a === undefined ? n !== undefined : n === undefined || !sameItems(n, a)) return false;
  }
  return true;
}

/** Lists are compared by length and naming keys; their unchanged items may be written untyped. */
function sameItems(now: unknown, after: unknown): boolean {
  if (!Array.isArray(now) || !Array.isArray(after)) return typeof now === typeof after;
  return (
    now.length === after.length &&
    now.every(
      (item, i) => !isObject(item) || JSON.stringify(item.name) === JSON.stringify((after[i] as JsonObject)?.name),
    )
  );
}

function spanOf(text: string, document: Document.Parsed): readonly [number, number] {
  return [document.range[0], Math.min(text.length, document.range[1])];
}

/** Newlines as most lines have them; dashes indented as the first block list below a key is. */
function styleOf(text: string, documents: readonly Document.Parsed[]): Style {
  const windows = text.split('\r\n').length - 1;
  const newline = windows > 0 && windows * 2 >= text.split('\n').length - 1 ? '\r\n' : '\n';
  let listIndent: number | undefined;
  for (const document of documents) {
    visit(document, {
      Seq(_key, seq: YAMLSeq, path) {
        const parent = path.at(-2);
        const token = seq.srcToken;
        if (token?.type !== 'block-seq' || !isMap(parent) || parent.srcToken?.type !== 'block-map') return undefined;
        const column = (offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);
        listIndent = Math.max(0, column(token.offset) - column(parent.srcToken.offset));
        return visit.BREAK;
      },
    });
    if (listIndent !== undefined) break;
  }
  return { listIndent: listIndent ?? 0, newline };
}
