/** Reading and comparing versions. */
import { compareCodePoints } from '../../json.ts';
import { quote } from '../quote.ts';

export type Version = {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly pre: string;
  readonly metadata: string;
  readonly original: string;
};

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const LOOSE = new RegExp(`^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`);
const MAX_UINT64 = (1n << 64n) - 1n;

/** `v1.2`, `1.2.3-rc.1+build`: missing numbers are 0. Gives Go's message where it is no version. */
export function parseVersion(original: string): Version | string {
  const parts = LOOSE.exec(original);
  if (parts === null) return 'invalid semantic version';
  const numbers = parts.slice(1, 4).map((part) => part ?? '0');
  for (const digits of numbers) {
    if (BigInt(digits) > MAX_UINT64) {
      return `error parsing version segment: strconv.ParseUint: parsing ${quote(digits)}: value out of range`;
    }
  }
  const pre = parts[4] ?? '';
  if (!isPrerelease(pre)) return 'version segment starts with 0';
  const [major = 0n, minor = 0n, patch = 0n] = numbers.map(BigInt);
  return { major, minor, patch, pre, metadata: parts[5] ?? '', original };
}

/** Whether no number in it starts with a 0. */
export function isPrerelease(pre: string): boolean {
  return pre.split('.').every((part) => !/^0[0-9]+$/.test(part));
}

export function versionText(version: Version): string {
  const pre = version.pre === '' ? '' : `-${version.pre}`;
  const metadata = version.metadata === '' ? '' : `+${version.metadata}`;
  return `${version.major}.${version.minor}.${version.patch}${pre}${metadata}`;
}

/** Metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const [x, y] of [
    [a.major, b.major],
    [a.minor, b.minor],
    [a.patch, b.patch],
  ] as const) {
    if (x !== y) return x < y ? -1 : 1;
  }
  if (a.pre === b.pre) return 0;
  if (a.pre === '') return 1;
  return b.pre === '' ? -1 : comparePrereleases(a.pre, b.pre);
}

export function comparePrereleases(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareParts(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by size and before names; what is missing comes first. */
function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return -1;
  if (b === '') return 1;
  const x = asNumber(a);
  const y = asNumber(b);
  if (x !== undefined && y !== undefined) return x > y ? 1 : -1;
  if (x !== undefined) return -1;
  if (y !== undefined) return 1;
  return compareCodePoints(a, b) > 0 ? 1 : -1;
}

function asNumber(part: string): bigint | undefined {
  if (!/^[0-9]+$/.test(part)) return undefined;
  const value = BigInt(part);
  return value > MAX_UINT64 ? undefined : value;
}
