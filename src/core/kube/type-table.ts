import { EXTRA_TYPES } from './extra-types.ts';
import { TYPE_TABLE } from './type-table.generated.ts';

/** A Go type as the table names it. Basic: bool string byte int32 int64 IntOrString Quantity Time Raw Bytes. */
export type TypeRef =
  | { readonly kind: 'basic'; readonly name: string }
  | { readonly kind: 'pointer'; readonly to: TypeRef }
  | { readonly kind: 'list'; readonly of: TypeRef }
  | { readonly kind: 'map'; readonly of: TypeRef }
  | { readonly kind: 'struct'; readonly name: string };

/** A field of a Go struct, with what encoding/json and strategic merge know of it. */
export type Field = {
  /** Go name, as templates use it: `ServiceAccountName`. */
  readonly go: string;
  readonly json: string;
  readonly type: TypeRef;
  readonly omitempty: boolean;
  readonly omitzero: boolean;
  /** `merge`, `replace`, `retainKeys`, or several joined by a comma; empty where there is none. */
  readonly patchStrategy: string;
  /** Empty where there is none. */
  readonly mergeKey: string;
  /** The inlined struct that the field comes from (`core/v1.VolumeSource`), where it does. */
  readonly inlinedFrom?: string | undefined;
};

/** A struct with its inlined structs flattened, fields in the order in which encoding/json writes them. */
export type StructType = {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byJson: ReadonlyMap<string, Field>;
  readonly byGo: ReadonlyMap<string, Field>;
};

const cache = new Map<string, StructType>();

/** The struct of a full name such as `core/v1.PodSpec`; undefined where the table has none. Unpacked on first use. */
export function structOf(name: string): StructType | undefined {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const text = Object.hasOwn(EXTRA_TYPES, name) ? EXTRA_TYPES[name] : TYPE_TABLE[name];
  if (text === undefined) return undefined;
  const fields = text.split(';').flatMap(unpackField);
  const type: StructType = {
    name,
    fields,
    byJson: new Map(fields.map((field) => [field.json, field])),
    byGo: new Map(fields.map((field) => [field.go, field])),
  };
  cache.set(name, type);
  return type;
}

/** The fields of a struct, in order. Empty for a type that the table does not have. */
export function fieldsOf(name: string): readonly Field[] {
  return structOf(name)?.fields ?? [];
}

function unpackField(text: string): readonly Field[] {
  const [go = '', json = '', type = '', flags = '', patchStrategy = '', mergeKey = ''] = text.split('|');
  if (flags.includes('i')) return fieldsOf(type).map((field) => ({ ...field, inlinedFrom: type }));
  return [
    {
      go,
      json: json === '' ? go.charAt(0).toLowerCase() + go.slice(1) : json,
      type: parseTypeRef(type),
      omitempty: flags.includes('o'),
      omitzero: flags.includes('z'),
      patchStrategy,
      mergeKey,
    },
  ];
}

function parseTypeRef(text: string): TypeRef {
  if (text.startsWith('*')) return { kind: 'pointer', to: parseTypeRef(text.slice(1)) };
  if (text.startsWith('[]')) return { kind: 'list', of: parseTypeRef(text.slice(2)) };
  if (text.startsWith('map ')) return { kind: 'map', of: parseTypeRef(text.slice(4)) };
  return text.includes('.') ? { kind: 'struct', name: text } : { kind: 'basic', name: text };
}

/** The type behind pointers. */
export function dereference(type: TypeRef): TypeRef {
  return type.kind === 'pointer' ? dereference(type.to) : type;
}
