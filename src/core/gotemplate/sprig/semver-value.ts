/** A version as templates see it: `*semver.Version` with its methods. */
import { typeOf } from '../type-name.ts';
import { GoFuncError, GoInt, type GoObject, type GoValue, NO_FIELD } from '../value.ts';
import { text } from './arguments.ts';
import { compareVersions, isPrerelease, type Version, versionText } from './semver-version.ts';

type Method = { readonly count: number; readonly call: (args: readonly GoValue[]) => GoValue };

/** `isPointer`: what `semver` gives; IncMajor and its like give the struct itself, which has fewer methods. */
export class SemverValue implements GoObject {
  readonly kind: 'pointer' | 'struct';
  readonly type: string;
  readonly nil = false;
  readonly version: Version;

  constructor(version: Version, isPointer: boolean) {
    this.version = version;
    this.kind = isPointer ? 'pointer' : 'struct';
    this.type = isPointer ? '*semver.Version' : 'semver.Version';
  }

  field(_name: string): typeof NO_FIELD {
    return NO_FIELD;
  }

  method(name: string): ((args: readonly GoValue[]) => GoValue) | undefined {
    const method =
      valueMethod(this.version, name) ?? (this.kind === 'pointer' ? pointerMethod(this.version, name) : undefined);
    if (method === undefined) return undefined;
    return (args) => {
      if (args.length !== method.count) {
        throw new GoFuncError(`wrong number of args for ${name}: want ${method.count} got ${args.length}`);
      }
      return method.call(args);
    };
  }

  basic(): undefined {
    return undefined;
  }

  print(): string {
    return versionText(this.version);
  }

  toJson(): GoValue {
    return versionText(this.version);
  }
}

function valueMethod(version: Version, name: string): Method | undefined {
  const { major, minor, patch, pre } = version;
  const get = (value: GoValue): Method => ({ count: 0, call: () => value });
  const number = (value: bigint): Method => get(new GoInt('uint64', value));
  const next = (to: Partial<Version>): Method => get(changed(version, { pre: '', metadata: '', ...to }));
  switch (name) {
    case 'Major':
      return number(major);
    case 'Minor':
      return number(minor);
    case 'Patch':
      return number(patch);
    case 'Prerelease':
      return get(pre);
    case 'Metadata':
      return get(version.metadata);
    case 'String':
      return get(versionText(version));
    case 'IncMajor':
      return next({ major: major + 1n, minor: 0n, patch: 0n });
    case 'IncMinor':
      return next({ minor: minor + 1n, patch: 0n });
    case 'IncPatch':
      return next(pre === '' ? { patch: patch + 1n } : {});
    case 'SetPrerelease':
      return { count: 1, call: ([value]) => changed(version, { pre: identifiers(value, 'prerelease') }) };
    case 'SetMetadata':
      return { count: 1, call: ([value]) => changed(version, { metadata: identifiers(value, 'metadata') }) };
    default:
      return undefined;
  }
}

const ORDERS: ReadonlyMap<string, (order: number) => GoValue> = new Map<string, (order: number) => GoValue>([
  ['Compare', (order) => new GoInt('int', BigInt(order))],
  ['Equal', (order) => order === 0],
  ['LessThan', (order) => order < 0],
  ['LessThanEqual', (order) => order <= 0],
  ['GreaterThan', (order) => order > 0],
  ['GreaterThanEqual', (order) => order >= 0],
]);

function pointerMethod(version: Version, name: string): Method | undefined {
  if (name === 'Original') return { count: 0, call: () => version.original };
  const order = ORDERS.get(name);
  if (order === undefined) return undefined;
  return {
    count: 1,
    call: ([other]) => {
      if (other instanceof SemverValue) return order(compareVersions(version, other.version));
      throw new GoFuncError(`wrong type for value; expected *semver.Version; got ${typeOf(other)}`);
    },
  };
}

/** A leading `v` of the original stays. */
function changed(version: Version, to: Partial<Version>): SemverValue {
  const next = { ...version, ...to };
  const prefix = version.original.startsWith('v') ? 'v' : '';
  return new SemverValue({ ...next, original: prefix + versionText(next) }, false);
}

function identifiers(value: GoValue, what: 'prerelease' | 'metadata'): string {
  const given = text(value);
  if (given === '') return given;
  if (!/^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*$/.test(given)) throw new GoFuncError(`invalid ${what} string`);
  if (what === 'prerelease' && !isPrerelease(given)) throw new GoFuncError('version segment starts with 0');
  return given;
}
