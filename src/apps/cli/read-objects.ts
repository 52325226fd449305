/** Kubernetes objects in a file, as kubectl prints them: one, several documents, or the items of a List. */
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseYaml, splitDocuments } from '../../core/kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../../core/problem.ts';
import { readText } from './read-files.ts';

/** The objects of one kind in the files. A file that has only others is the wrong one. */
export function readObjects(files: readonly string[], kind: string): Parsed<readonly JsonObject[]> {
  const objects: JsonObject[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const text = readText(file);
    const read = text.ok ? objectsOf(text.value, file) : text;
    problems.push(...read.problems);
    if (!read.ok) continue;
    const wanted = read.value.filter((object) => textAt(object, 'kind') === kind);
    if (wanted.length === 0 && read.value.length > 0) problems.push(otherKinds(file, kind, read.value));
    objects.push(...wanted);
  }
  return problems.length > 0 ? failed(...problems) : parsed(objects);
}

/** The objects of all kinds in the files. */
export function readAllObjects(files: readonly string[]): Parsed<readonly JsonObject[]> {
  const read = files.map((file) => {
    const text = readText(file);
    return text.ok ? objectsOf(text.value, file) : text;
  });
  const problems = read.flatMap((part) => part.problems);
  return problems.length > 0 ? failed(...problems) : parsed(read.flatMap((part) => (part.ok ? part.value : [])));
}

function otherKinds(file: string, kind: string, found: readonly JsonObject[]): Problem {
  const kinds = [...new Set(found.map((object) => textAt(object, 'kind') || 'no kind'))];
  return {
    code: 'CONFIG_INVALID',
    severity: 'error',
    message: `no object of kind ${kind}: the file has ${kinds.join(', ')}`,
    where: { file },
    remedy: `Give what kubectl get ${kind.toLowerCase()} -o yaml prints.`,
  };
}

function objectsOf(text: string, file: string): Parsed<readonly JsonObject[]> {
  const documents = splitDocuments(text, { separators: 'strict', file });
  if (!documents.ok) return documents;
  const objects: JsonObject[] = [];
  const problems: Problem[] = [];
  for (const { text: source, line } of documents.value) {
    const value = parseYaml(source, { file, firstLine: line });
    problems.push(...value.problems);
    if (value.ok && value.value !== null) {
      if (isObject(value.value)) objects.push(...itemsOf(value.value));
      else problems.push(noObject(file, line));
    }
  }
  return problems.length > 0 ? failed(...problems) : parsed(objects);
}

function itemsOf(object: JsonObject): readonly JsonObject[] {
  const items = getKey(object, 'items');
  if (!isArray(items)) return [object];
  // The items of `kubectl get --raw` have their kind only in that of their list.
  const kind = textAt(object, 'kind').replace(/List$/, '');
  return items
    .filter(isObject)
    .flatMap((item) => itemsOf(kind === '' || textAt(item, 'kind') !== '' ? item : { ...item, kind }));
}

function noObject(file: string, line: number): Problem {
  return {
    code: 'CONFIG_INVALID',
    severity: 'error',
    message: 'the document holds no object',
    where: { file, line },
    remedy: 'Give objects as kubectl get -o yaml prints them.',
  };
}

/** The text at a path of keys; empty where there is none. */
export function textAt(object: JsonObject, ...path: readonly string[]): string {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? getKey(value, key) : undefined;
  return typeof value === 'string' ? value : '';
}
