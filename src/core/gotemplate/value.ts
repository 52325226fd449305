/**
 * Go values as the template engine sees them.
 *
 *   undefined        reflect's zero Value: "no value", prints `<no value>`
 *   null             a nil interface
 *   boolean, string  themselves (strings as core/utf8.ts says: bytes that are no UTF-8 are escaped)
 *   number           float64
 *   GoInt            every integer type, with its Go name
 *   GoComplex        complex128, which only a literal such as `2i` makes
 *   GoList           slice or array        GoMap     map        GoObject  struct, pointer to one, named type with methods
 *   GoFunc           a function value (for `call`)
 */
export type GoValue =
  | undefined
  | null
  | boolean
  | string
  | number
  | GoInt
  | GoComplex
  | GoList
  | GoMap
  | GoObject
  | GoFunc;

export type GoIntType =
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uintptr';

/** An integer with its Go type; `value` is always inside the type's range. */
export class GoInt {
  readonly type: GoIntType;
  readonly value: bigint;
  constructor(type: GoIntType, value: bigint) {
    this.type = type;
    this.value = value;
  }
}

/** A complex128. */
export class GoComplex {
  readonly re: number;
  readonly im: number;
  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }
}

/** A slice. `type` is the Go type, such as `[]interface {}` or `[]string`; `nil` tells a nil slice from an empty one. */
export class GoList {
  readonly type: string;
  readonly items: readonly GoValue[];
  readonly nil: boolean;
  constructor(items: readonly GoValue[], type = '[]interface {}', nil = false) {
    this.items = items;
    this.type = type;
    this.nil = nil;
  }
}

/** Key of a map: strings, or integers/floats/bools for the maps that templates can make no other way. */
export type GoMapKey = string | number | boolean | GoInt;

/**
 * A map. `type` is the Go type. A missing key of a map whose element type is not an interface gives "no value" as a
 * field and the element type's zero value through `index`: `elementZero` is that zero value, undefined for interface{}.
 * Sprig's `set`, `unset`, `merge` change their argument in place, hence a live Map.
 */
export class GoMap {
  readonly type: string;
  readonly entries: Map<string, GoValue>;
  readonly elementZero: GoValue;
  readonly nil: boolean;
  constructor(
    entries: Map<string, GoValue> = new Map(),
    type = 'map[string]interface {}',
    elementZero: GoValue = undefined,
    nil = false,
  ) {
    this.entries = entries;
    this.type = type;
    this.elementZero = elementZero;
    this.nil = nil;
  }
}

/** Returned by {@link GoObject.field} when the type has no such field. */
export const NO_FIELD: unique symbol = Symbol('no field');

/**
 * A struct, a pointer to a struct, or a named type with methods (a protobuf enum). Implemented by whoever owns the data
 * (core/injection for Kubernetes types, core/mesh for messages); the engine only asks.
 */
export interface GoObject {
  readonly kind: 'struct' | 'pointer' | 'enum';
  /** As Go prints it in errors, such as `*inject.SidecarTemplateData` or `v1.ObjectMeta`. */
  readonly type: string;
  /** True for a nil pointer: fields fail with `nil pointer evaluating TYPE.FIELD`, methods are still called. */
  readonly nil: boolean;
  /** The field's value, or NO_FIELD where the type has none of that name. Never called on a nil pointer. */
  field(name: string): GoValue | typeof NO_FIELD;
  /** A method of the value, or undefined where the type has none of that name. */
  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined;
  /** The value behind a named basic type (an enum's integer), for truth and comparison; undefined for structs. */
  basic(): GoInt | string | undefined;
  /** Text for `%v` and `{{ . }}`: Stringer's where there is one, else Go's `{a b}` form. */
  print(): string;
  /** For toJson and friends. Undefined where the value cannot be marshalled. */
  toJson(): GoValue;
}

/**
 * A function of the table given to `compileTemplate`. It gets evaluated arguments, already checked and converted by
 * `signature`; an error is thrown as GoFuncError and reported as `error calling NAME: TEXT`.
 */
export type GoFunc = {
  readonly kind: 'func';
  readonly name: string;
  readonly signature: GoSignature;
  readonly call: (args: readonly GoValue[], context: CallContext) => GoValue;
};

/**
 * Go types of the parameters, for argument checking with Go's messages (`wrong number of args for X: want 2 got 1`,
 * `wrong type for value; expected string; got int`) and Go's conversions (untyped constants, interface unwrapping).
 * 'any' is interface{}. The last one is repeated when `variadic`.
 */
export type GoSignature = {
  readonly parameters: readonly GoParameter[];
  readonly variadic: boolean;
};

export type GoParameter =
  | 'any'
  | 'string'
  | 'bool'
  | 'int'
  | 'int64'
  | 'float64'
  | 'map[string]interface {}'
  | 'map[string]string'
  | '[]interface {}'
  | '[]string'
  | 'reflect.Value'
  | `go:${string}`;

/** What a function may ask of the running template. */
export type CallContext = {
  readonly host: TemplateHost;
  /** Counts work towards the step limit; throws past it. Long loops inside a function call it too. */
  readonly step: (count: number) => void;
  /** Guards memory: throws when one string or list would pass the limit. */
  readonly checkSize: (bytes: number) => void;
};

/** Outside things, as arguments: a template that uses none is deterministic. All are optional; a function that needs an
 *  absent one fails with an error that names it. */
export type TemplateHost = {
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
  /** IANA zone name of "Local"; UTC when absent. */
  readonly timeZone?: string | undefined;
  /** Cryptographically strong random bytes. */
  readonly random?: ((length: number) => Uint8Array) | undefined;
  readonly env?: ((name: string) => string | undefined) | undefined;
  readonly lookupHost?: ((name: string) => string) | undefined;
  /** Key and certificate generation (genPrivateKey, genCA, genSignedCert …): only a platform can do it. */
  readonly crypto?: { readonly [name: string]: (args: readonly GoValue[]) => GoValue } | undefined;
};

/** Thrown by a function: the text becomes `error calling NAME: TEXT` with the position of the call. */
export class GoFuncError extends Error {}
