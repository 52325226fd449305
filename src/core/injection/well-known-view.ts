import { GoInt, type GoObject, type GoValue, NO_FIELD } from '../gotemplate/index.ts';
import type { JsonValue } from '../json.ts';
import { durationNanoseconds, enumDescriptor, formatGoDuration, type WrapperType } from '../mesh/index.ts';

/** google.protobuf.Duration. */
export class DurationView implements GoObject {
  readonly kind = 'pointer';
  readonly type = '*durationpb.Duration';
  readonly nil: boolean;
  private readonly text: string;

  constructor(text: string | undefined) {
    this.nil = text === undefined;
    this.text = text ?? '0s';
  }

  /** As Go's time.Duration prints: `1m0s`. */
  durationText(): string {
    return formatGoDuration(durationNanoseconds(this.text));
  }

  field(name: string): GoValue | typeof NO_FIELD {
    const nanoseconds = durationNanoseconds(this.text);
    if (name === 'Seconds') return new GoInt('int64', nanoseconds / NANOSECONDS);
    if (name === 'Nanos') return new GoInt('int32', nanoseconds % NANOSECONDS);
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    if (name === 'GetSeconds' || name === 'GetNanos') {
      return () => {
        const value = this.field(name.slice(3));
        return value === NO_FIELD ? undefined : value;
      };
    }
    return name === 'String' ? () => this.print() : undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    if (this.nil) return '<nil>';
    const nanoseconds = durationNanoseconds(this.text);
    const parts = [['seconds', nanoseconds / NANOSECONDS] as const, ['nanos', nanoseconds % NANOSECONDS] as const];
    return parts.flatMap(([name, value]) => (value === 0n ? [] : [`${name}:${value}`])).join(' ');
  }

  toJson(): GoValue {
    return this.nil ? null : this.text;
  }
}

const NANOSECONDS = 1_000_000_000n;

/** google.protobuf.BoolValue and its kin. */
export class WrapperView implements GoObject {
  readonly kind = 'pointer';
  readonly type: string;
  readonly nil: boolean;
  private readonly value: GoValue;
  private readonly zero: boolean;

  constructor(name: WrapperType, value: GoValue, nil: boolean, zero: boolean) {
    this.type = `*wrapperspb.${name}`;
    this.value = value;
    this.nil = nil;
    this.zero = zero;
  }

  field(name: string): GoValue | typeof NO_FIELD {
    return name === 'Value' ? this.value : NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    if (name === 'GetValue') return () => this.value;
    return name === 'String' ? () => this.print() : undefined;
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    if (this.nil) return '<nil>';
    return this.zero ? '' : `value:${scalarText(this.value)}`;
  }

  toJson(): GoValue {
    return this.nil ? null : this.value;
  }
}

/** An enum: an int32 with a name, which is what it prints. */
export class EnumView implements GoObject {
  readonly kind = 'enum';
  readonly nil = false;
  readonly type: string;
  private readonly number: GoInt;
  private readonly text: string;

  constructor(name: string, value: JsonValue) {
    const descriptor = enumDescriptor(name);
    this.type = descriptor.goType;
    const number = typeof value === 'string' ? (descriptor.numbers.get(value) ?? 0) : Number(value);
    this.number = new GoInt('int32', BigInt(number));
    this.text = descriptor.names.get(number) ?? String(number);
  }

  field(): typeof NO_FIELD {
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    if (name === 'String') return () => this.text;
    return name === 'Number' ? () => this.number : undefined;
  }

  basic(): GoInt {
    return this.number;
  }

  print(): string {
    return this.text;
  }

  toJson(): GoValue {
    return this.text;
  }
}

function scalarText(value: GoValue): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : value instanceof GoInt
      ? String(value.value)
      : String(value);
}
