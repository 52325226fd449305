import { base64Bytes } from '../base64.ts';
import { isArray, isObject, type JsonValue, type MutableJsonObject, setKey } from '../json.ts';
import { failed, type Parsed, ProblemError, parsed, type Where } from '../problem.ts';
import { decodeUtf8 } from '../utf8.ts';
import { dereference, structOf, type TypeRef } from './type-table.ts';
import { EVENT, type YamlEvent, yamlEvents } from './yaml-events.ts';
import { formatGoFloat, type Resolved, resolvePlain } from './yaml-scalar.ts';
import { ScanError } from './yaml-tokens.ts';

export type ParseYamlOptions = {
  /** Named in problems. */
  readonly file?: string | undefined;
  /** 1-based line of the file on which this text starts; positions count from there. */
  readonly firstLine?: number | undefined;
  /** A Kubernetes type such as `core/v1.Pod`: scalars become strings where Go's field is a string. */
  readonly schema?: string | undefined;
};

/** Collections in one another: far beyond any manifest, and short of what the call stack takes. */
const MAX_DEPTH = 1000;

/**
 * Reads the first document of a YAML text as sigs.k8s.io/yaml's YAMLToJSON does: YAML 1.1 scalars by Go's rules, merge
 * keys, aliases (with Go's limit on their expansion), the last of two equal keys, keys of any scalar type as strings.
 * An empty text is null. Integers beyond 2^53 come as bigint. Time is linear in the text.
 */
export function parseYaml(text: string, options: ParseYamlOptions = {}): Parsed<JsonValue> {
  const control = findControlCharacter(text);
  if (control !== -1) {
    return failed({
      code: 'BINARY_INPUT',
      severity: 'error',
      message: `yaml: control characters are not allowed: U+${text.charCodeAt(control).toString(16).toUpperCase().padStart(4, '0')}`,
      where: whereOf(text, control, options),
      remedy: 'Give a text file in UTF-8; this looks like binary data.',
    });
  }
  try {
    return parsed(new Composer(text, yamlEvents(text, MAX_DEPTH), options).document());
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem);
    if (error instanceof ScanError) return failed(syntaxProblem(text, error, options));
    throw error;
  }
}

function syntaxProblem(text: string, error: ScanError, options: ParseYamlOptions): ProblemError['problem'] {
  const where = whereOf(text, error.at, options);
  return {
    code: 'YAML_SYNTAX',
    severity: 'error',
    message: `yaml: line ${where.line}: ${error.message}`,
    where,
    remedy: 'Check the indentation and the quoting at this place.',
  };
}

function whereOf(text: string, position: number, options: ParseYamlOptions): Where & { line: number } {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return {
    file: options.file,
    line: line + (options.firstLine ?? 1) - 1,
    column: position - (before.lastIndexOf('\n') + 1) + 1,
  };
}

// Tab, line feed, carriage return and next line are the control characters that YAML allows.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

function findControlCharacter(text: string): number {
  return text.search(CONTROL);
}

/** Turns the events of one document into a value. Each document has its own, so nothing is shared between texts. */
class Composer {
  readonly #text: string;
  readonly #events: readonly YamlEvent[];
  readonly #options: ParseYamlOptions;
  readonly #anchors = new Map<string, number>();
  readonly #open = new Set<number>();
  #at = 0;
  #decoded = 0;
  #aliased = 0;
  #aliasDepth = 0;
  /** Where a number stands that JSON has not, if there was one. */
  #infinite: number | undefined;

  constructor(text: string, events: readonly YamlEvent[], options: ParseYamlOptions) {
    this.#text = text;
    this.#events = events;
    this.#options = options;
  }

  document(): JsonValue {
    const schema = this.#options.schema;
    const value = this.#node(schema === undefined ? undefined : { kind: 'struct', name: schema });
    // One that a later key of the same name has replaced does no harm.
    const infinite = this.#infinite === undefined ? undefined : findInfinite(value);
    if (infinite !== undefined) this.#fail(`json: unsupported value: ${formatGoFloat(infinite)}`, this.#infinite ?? 0);
    return value;
  }

  #node(target: TypeRef | undefined): JsonValue {
    const index = this.#at;
    const event = this.#events[index];
    if (event === undefined) return null;
    this.#count();
    switch (event.kind) {
      case EVENT.scalar:
        this.#register(event, index);
        this.#at++;
        return this.#scalar(event, target);
      case EVENT.sequence:
        this.#register(event, index);
        return this.#sequence(index, target);
      case EVENT.mapping:
        this.#register(event, index);
        return this.#mapping(index, target);
      case EVENT.alias:
        return this.#alias(target);
      default:
        this.#at++;
        return null;
    }
  }

  #register(event: YamlEvent, index: number): void {
    if (event.anchor !== '') this.#anchors.set(event.anchor, index);
  }

  /** yaml.v2's guard against documents that grow by their aliases: at most 99 % of a small one, 10 % of a huge one. */
  #count(): void {
    this.#decoded++;
    if (this.#aliasDepth > 0) this.#aliased++;
    if (this.#aliased <= 100 || this.#decoded <= 1000) return;
    const share = this.#aliased / this.#decoded;
    const allowed =
      this.#decoded <= 400_000
        ? 0.99
        : this.#decoded >= 4_000_000
          ? 0.1
          : 0.99 - (0.89 * (this.#decoded - 400_000)) / 3_600_000;
    if (share > allowed) this.#fail('document contains excessive aliasing', this.#positionOf(this.#at));
  }

  #alias(target: TypeRef | undefined): JsonValue {
    const event = this.#events[this.#at];
    if (event?.kind !== EVENT.alias) return null;
    const name = event.text;
    const index = this.#anchors.get(name);
    if (index === undefined) this.#fail(`unknown anchor '${name}' referenced`, event.start);
    if (this.#open.has(index)) this.#fail(`anchor '${name}' value contains itself`, event.start);
    const after = this.#at + 1;
    this.#at = index;
    this.#aliasDepth++;
    const value = this.#node(target);
    this.#aliasDepth--;
    this.#at = after;
    return value;
  }

  #sequence(index: number, target: TypeRef | undefined): JsonValue {
    const inner = target === undefined ? undefined : dereference(target);
    const item = inner?.kind === 'list' ? inner.of : undefined;
    const out: JsonValue[] = [];
    this.#open.add(index);
    this.#at = index + 1;
    while (this.#events[this.#at]?.kind !== EVENT.end) out.push(this.#node(item));
    this.#at++;
    this.#open.delete(index);
    return out;
  }

  #mapping(index: number, target: TypeRef | undefined): JsonValue {
    const out: MutableJsonObject = {};
    this.#fill(index, target, out);
    return out;
  }

  #fill(index: number, target: TypeRef | undefined, out: MutableJsonObject): void {
    this.#open.add(index);
    this.#at = index + 1;
    while (this.#events[this.#at]?.kind !== EVENT.end) {
      const keyEvent = this.#events[this.#at];
      if (keyEvent?.kind === EVENT.scalar && this.#isMergeKey(keyEvent)) {
        this.#at++;
        this.#merge(target, out);
        continue;
      }
      const key = this.#key();
      setKey(out, key, this.#node(memberTarget(target, key)));
    }
    this.#at++;
    this.#open.delete(index);
  }

  #isMergeKey(event: YamlEvent): boolean {
    if (event.text !== '<<') return false;
    return event.tag === '' ? event.plain : event.tag === '!' || shortTag(event.tag) === '!!merge';
  }

  /** `<<`: one mapping, or a list of them of which earlier ones win. Keys that follow override. */
  #merge(target: TypeRef | undefined, out: MutableJsonObject): void {
    const event = this.#events[this.#at];
    if (event?.kind === EVENT.sequence) {
      const items: number[] = [];
      this.#at++;
      while (this.#events[this.#at]?.kind !== EVENT.end) {
        items.push(this.#at);
        this.#skip();
      }
      const end = this.#at + 1;
      for (const item of items.reverse()) {
        this.#at = item;
        this.#mergeOne(target, out);
      }
      this.#at = end;
      return;
    }
    this.#mergeOne(target, out);
  }

  #mergeOne(target: TypeRef | undefined, out: MutableJsonObject): void {
    const event = this.#events[this.#at];
    if (event?.kind === EVENT.mapping) {
      this.#fill(this.#at, target, out);
      return;
    }
    if (event?.kind === EVENT.alias) {
      const index = this.#anchors.get(event.text);
      if (index !== undefined && this.#events[index]?.kind === EVENT.mapping && !this.#open.has(index)) {
        const after = this.#at + 1;
        this.#aliasDepth++;
        this.#fill(index, target, out);
        this.#aliasDepth--;
        this.#at = after;
        return;
      }
    }
    this.#fail('map merge requires map or sequence of maps as the value', this.#positionOf(this.#at));
  }

  /** Moves past one node without making it. */
  #skip(): void {
    let depth = 0;
    do {
      const type = this.#events[this.#at]?.kind;
      if (type === EVENT.sequence || type === EVENT.mapping) depth++;
      else if (type === EVENT.end) depth--;
      this.#at++;
    } while (depth > 0 && this.#at < this.#events.length);
  }

  #key(): string {
    const position = this.#positionOf(this.#at);
    const key = this.#node(KEY);
    if (typeof key === 'string') return key;
    return this.#fail(key === null ? 'unsupported map key of type: null' : 'invalid map key', position);
  }

  #scalar(event: YamlEvent, target: TypeRef | undefined): JsonValue {
    const { text, tag } = event;
    if (tag === '' && !event.plain) return text;
    const resolved = tag === '' ? resolvePlain(text) : this.#tagged(shortTag(tag), text, event);
    if (tag !== '' && shortTag(tag) === '!!binary') return this.#binary(text, event);
    return this.#value(resolved, text, target, event);
  }

  #value(resolved: Resolved, text: string, target: TypeRef | undefined, event: YamlEvent): JsonValue {
    switch (resolved.kind) {
      case 'null':
        return null;
      case 'bool':
        return wantsString(target) ? String(resolved.value) : resolved.value;
      case 'int': {
        if (target === KEY && resolved.value >= 2n ** 63n) {
          return this.#fail(`unsupported map key of type: uint64, key: 0x${resolved.value.toString(16)}`, event.start);
        }
        if (wantsString(target)) return resolved.value.toString();
        const number = Number(resolved.value);
        return Number.isSafeInteger(number) ? number : resolved.value;
      }
      case 'float':
        if (target === KEY && !Number.isFinite(resolved.value)) return goKeyOfInfinite(resolved.value);
        if (wantsString(target)) return formatGoFloat(resolved.value, 32);
        if (!Number.isFinite(resolved.value)) this.#infinite ??= event.start;
        return resolved.value;
      default:
        return text;
    }
  }

  /** The bytes, as JSON can carry them: what is no UTF-8 becomes U+FFFD. */
  #binary(text: string, event: YamlEvent): string {
    const bytes = base64Bytes(text);
    if (bytes === undefined) return this.#fail('!!binary value contains invalid base64 data', event.start);
    return decodeUtf8(bytes).replace(/[\udc80-\udcff]/gu, '\ufffd');
  }

  /** A scalar with an explicit tag. Tags that yaml.v2 does not resolve leave the text as it is. */
  #tagged(tag: string, text: string, event: YamlEvent): Resolved {
    const resolved = resolvePlain(text);
    switch (tag) {
      case '!!int':
      case '!!bool':
      case '!!null':
      case '!!float':
      case '!!timestamp': {
        const kind = tag.slice(2);
        if (kind === 'float' && resolved.kind === 'int') return { kind: 'float', value: Number(resolved.value) };
        if (resolved.kind === kind) return resolved;
        return this.#fail(`cannot decode !!${tagOfKind(resolved.kind)} \`${text}\` as a ${tag}`, event.start);
      }
      default:
        return { kind: 'string' };
    }
  }

  #positionOf(at: number): number {
    return this.#events[at]?.start ?? this.#text.length;
  }

  #fail(message: string, position: number): never {
    const where = whereOf(this.#text, Math.max(0, position), this.#options);
    throw new ProblemError({
      code: 'YAML_SYNTAX',
      severity: 'error',
      message: `yaml: line ${where.line}: ${message}`,
      where,
      remedy: 'Correct the value at this place.',
    });
  }
}

function shortTag(tag: string): string {
  return tag.startsWith('tag:yaml.org,2002:') ? `!!${tag.slice(18)}` : tag;
}

function tagOfKind(kind: Resolved['kind']): string {
  return kind === 'string' ? 'str' : kind;
}

/** What the key of a mapping is read as: a string, whatever it looks like. */
const KEY: TypeRef = { kind: 'basic', name: 'string' };

function goKeyOfInfinite(value: number): string {
  return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
}

function findInfinite(value: JsonValue): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : value;
  const members = isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  for (const member of members) {
    const found = findInfinite(member);
    if (found !== undefined) return found;
  }
  return undefined;
}

function wantsString(target: TypeRef | undefined): boolean {
  return target !== undefined && isStringType(dereference(target));
}

function isStringType(type: TypeRef): boolean {
  return type.kind === 'basic' && type.name === 'string';
}

/**
 * The type under a key. A field that Go inlines is looked up through the inlined struct itself, not the field's own type
 * (sigs.k8s.io/yaml takes the first index of the field only), so that nothing below it is turned into a string:
 * `hostPath: {path: 1}` fails in every release of Istio, while `name: 1` of a container does not.
 */
function memberTarget(target: TypeRef | undefined, key: string): TypeRef | undefined {
  if (target === undefined) return undefined;
  const inner = dereference(target);
  if (inner.kind === 'map') return inner.of;
  if (inner.kind !== 'struct') return undefined;
  const struct = structOf(inner.name);
  const field = struct?.byJson.get(key) ?? struct?.fields.find((f) => f.json.toLowerCase() === key.toLowerCase());
  if (field === undefined) return undefined;
  return field.inlinedFrom === undefined ? field.type : { kind: 'struct', name: field.inlinedFrom };
}
