/**
 * The texts of a configuration as users have them: the bare text of a key, or what kubectl prints, which is the config
 * map with that key, or a List of config maps. What else is an object of Kubernetes is the wrong file, and is refused.
 */
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { escapePointer, locatePointers, parseYaml, type TextPosition } from '../kube/index.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';

/** A key of a config map: `mesh` of `istio`, `config` and `values` of `istio-sidecar-injector`. */
export type ConfigMapKey = 'config' | 'values' | 'mesh';

/** The text of a key, and where it was. */
export type KeyText = {
  readonly text: string;
  /** What `text` is as YAML, where it was read to find out. */
  readonly read?: Parsed<JsonValue>;
  /** JSON pointer of the text in the file; empty where the file is the bare text. */
  readonly pointer: string;
  /** The other keys of its config map. */
  readonly data: JsonObject;
};

const MAP_NAMES = { config: 'istio-sidecar-injector', values: 'istio-sidecar-injector', mesh: 'istio' } as const;

/** A reader of whole files that reads none twice: one List may be given for every flag. */
export type FileReader = (text: string) => Parsed<JsonValue>;

export function fileReader(file?: string): FileReader {
  const known = new Map<string, Parsed<JsonValue>>();
  return (text) => {
    const read = known.get(text) ?? parseYaml(text, { file });
    known.set(text, read);
    return read;
  };
}

/**
 * Finds the text of `key` in a file. A text that is no YAML is bare: Istio's templates are none before they are rendered.
 * Fails where the file is an object of Kubernetes in which the key is not, in Istio's words.
 */
export function keyText(text: string, key: ConfigMapKey, file?: string, reader = fileReader(file)): Parsed<KeyText> {
  const read = reader(text);
  const bare: KeyText = { text, read, pointer: '', data: {} };
  if (!read.ok || !isObject(read.value) || !isKubernetesObject(read.value)) return parsed(bare);
  const objects = objectsIn(read.value, '');
  const maps = objects.filter(({ object }) => getKey(object, 'kind') === 'ConfigMap');
  if (maps.length === 0) return failed(noConfigMap(objects, key, file));
  const fitting = maps.filter(({ object }) => typeof getKey(dataOf(object), key) === 'string');
  const chosen = chooseMap(fitting, MAP_NAMES[key]);
  if (chosen === undefined) {
    return failed(fitting.length === 0 ? missingKey(maps, key, file) : ambiguous(fitting, key, file));
  }
  const data = dataOf(chosen.object);
  return parsed({ text: String(getKey(data, key)), pointer: `${chosen.pointer}/data/${key}`, data });
}

function isKubernetesObject(value: JsonObject): boolean {
  const kind = getKey(value, 'kind');
  if (typeof kind !== 'string') return false;
  return kind === 'ConfigMap' || isList(value) || typeof getKey(value, 'apiVersion') === 'string';
}

function isList(value: JsonObject): boolean {
  return String(getKey(value, 'kind')).endsWith('List') && isArray(getKey(value, 'items'));
}

type Found = { readonly object: JsonObject; readonly pointer: string };

function objectsIn(value: JsonObject, pointer: string): readonly Found[] {
  const items = getKey(value, 'items');
  if (!isList(value) || !isArray(items)) return [{ object: value, pointer }];
  return items.flatMap((item, index) => (isObject(item) ? objectsIn(item, `${pointer}/items/${index}`) : []));
}

/** The only one; else the one of the name, or the only one whose name is that of a revision (`NAME-REVISION`). */
function chooseMap(maps: readonly Found[], name: string): Found | undefined {
  if (maps.length === 1) return maps[0];
  const exact = maps.find(({ object }) => nameOf(object) === name);
  const ofRevision = maps.filter(({ object }) => nameOf(object).startsWith(`${name}-`));
  return exact ?? (ofRevision.length === 1 ? ofRevision[0] : undefined);
}

function dataOf(map: JsonObject): JsonObject {
  const data = getKey(map, 'data');
  return isObject(data) ? data : {};
}

function nameOf(object: JsonObject): string {
  const metadata = getKey(object, 'metadata');
  const name = isObject(metadata) ? getKey(metadata, 'name') : undefined;
  return typeof name === 'string' ? name : '';
}

function problem(key: ConfigMapKey, message: string, file: string | undefined): Problem {
  return {
    code: key === 'mesh' ? 'MESH_CONFIG_INVALID' : 'CONFIG_INVALID',
    severity: 'error',
    message,
    where: { file },
    remedy: `Give the config map ${MAP_NAMES[key]}, or the bare text of its key \`${key}\`.`,
  };
}

function missingKey(maps: readonly Found[], key: ConfigMapKey, file: string | undefined): Problem {
  const seen = maps.map(({ object }) => {
    const keys = Object.keys(dataOf(object));
    return `config map ${nameOf(object) || 'without a name'} has ${keys.length === 0 ? 'no keys' : keys.join(', ')}`;
  });
  return problem(key, `missing configuration map key ${JSON.stringify(key)}: ${seen.join('; ')}`, file);
}

function ambiguous(maps: readonly Found[], key: ConfigMapKey, file: string | undefined): Problem {
  const names = maps.map(({ object }) => nameOf(object) || 'without a name').join(', ');
  return problem(key, `several config maps have the key ${JSON.stringify(key)}: ${names}`, file);
}

function noConfigMap(objects: readonly Found[], key: ConfigMapKey, file: string | undefined): Problem {
  const kinds = [...new Set(objects.map(({ object }) => String(getKey(object, 'kind') ?? 'no kind')))];
  const found = kinds.length === 0 ? 'an empty list' : `of kind ${kinds.join(', ')}`;
  const told = problem(key, `the file holds no config map with key ${JSON.stringify(key)}: it is ${found}`, file);
  const isOperator = kinds.includes('IstioOperator') && key !== 'config';
  return isOperator ? { ...told, remedy: 'Give an IstioOperator as --operatorFileName.' } : told;
}

/** Where a place in the text of a key stands in the file that it came from. */
export function placeInFile(file: string, { pointer, text }: KeyText, at: TextPosition): TextPosition | undefined {
  if (pointer === '') return at;
  const start = locatePointers(file, [pointer]).get(pointer);
  if (start === undefined) return undefined;
  const given = file.split('\n')[start.line - 1 + at.line] ?? '';
  const own = text.split('\n')[at.line - 1] ?? '';
  // Only a literal block has the text's own lines; elsewhere the key must do.
  const isSame = own !== '' && given.endsWith(own) && given.slice(0, given.length - own.length).trim() === '';
  return isSame ? { line: start.line + at.line, column: given.length - own.length + at.column } : start;
}

/** Where the value of a JSON pointer into the text of a key stands in the file; undefined where it has no such member. */
export function pointerInFile(file: string, key: KeyText, pointer: string): TextPosition | undefined {
  const read = key.read ?? parseYaml(key.text);
  const [first = ''] = pointer.split('/').slice(1);
  if (!read.ok || !isObject(read.value)) return undefined;
  const snake = first.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const { value } = read;
  const present = [first, snake].find((name) => Object.hasOwn(value, name));
  if (present === undefined) return undefined;
  const own = [`/${escapePointer(present)}`, ...pointer.split('/').slice(2)].join('/');
  const at = locatePointers(key.text, [own]).get(own);
  return at === undefined ? undefined : placeInFile(file, key, at);
}
