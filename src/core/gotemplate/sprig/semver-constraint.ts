/** Constraints such as `>=1.2, <2 || ~3.1`. */
import { RE2JS } from 're2js';
import { comparePrereleases, compareVersions, parseVersion, type Version } from './semver-version.ts';

/** `1.2.x` is dirty from the patch on: `from` names the first part that is open. */
type Constraint = {
  readonly operator: string;
  readonly version: Version;
  readonly open: 'major' | 'minor' | 'patch' | undefined;
};

/** One of them must hold; in each, all constraints. */
export type Alternatives = readonly (readonly Constraint[])[];

const OPERATOR = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^';
const IDENTIFIERS = '[0-9A-Za-z\\-]+(?:\\.[0-9A-Za-z\\-]+)*';
const PART = '[0-9|x|X|\\*]+';
const VERSION = `v?${PART}(?:\\.${PART})?(?:\\.${PART})?(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?`;
const ONE = `(?:${OPERATOR})\\s*${VERSION}`;

/** Compiled at first use, by an engine that no constraint can keep busy. */
const patterns = {
  whole: lazily(`^\\s*${ONE}\\s*(?:(?:\\s+|,\\s*)${ONE}\\s*)*$`),
  each: lazily(ONE),
  range: lazily(`\\s*(${VERSION})\\s+-\\s+(${VERSION})\\s*`),
  parts: lazily(
    `^\\s*(${OPERATOR})\\s*v?(${PART})(?:\\.(${PART}))?(?:\\.(${PART}))?(-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?\\s*$`,
  ),
};

/** The constraint, or Go's message. */
export function parseConstraint(text: string): Alternatives | string {
  const alternatives: Constraint[][] = [];
  for (const alternative of rewriteRanges(text).split('||')) {
    if (!patterns.whole().test(alternative)) return `improper constraint: ${alternative}`;
    const constraints: Constraint[] = [];
    for (const one of allMatches(patterns.each(), alternative)) {
      const constraint = parseOne(one);
      if (typeof constraint === 'string') return constraint;
      constraints.push(constraint);
    }
    alternatives.push(constraints);
  }
  return alternatives;
}

/** A prerelease satisfies only alternatives that name one themselves. */
export function satisfies(version: Version, alternatives: Alternatives): boolean {
  return alternatives.some((constraints) => {
    const namesPrerelease = constraints.some((constraint) => constraint.version.pre !== '');
    if (version.pre !== '' && !namesPrerelease) return false;
    return constraints.every((constraint) => holds(version, constraint));
  });
}

function lazily(pattern: string): () => RE2JS {
  let compiled: RE2JS | undefined;
  return () => {
    compiled ??= RE2JS.compile(pattern);
    return compiled;
  };
}

function allMatches(pattern: RE2JS, text: string): readonly string[] {
  const found: string[] = [];
  const matcher = pattern.matcher(text);
  while (matcher.find()) found.push(text.slice(matcher.start(0), matcher.end(0)));
  return found;
}

/** `1.2 - 1.4` means `>= 1.2, <= 1.4`. */
function rewriteRanges(text: string): string {
  const matcher = patterns.range().matcher(text);
  let out = '';
  let at = 0;
  while (matcher.find()) {
    const bound = (group: number): string => text.slice(matcher.start(group), matcher.end(group));
    out += `${text.slice(at, matcher.start(0))}>= ${bound(1)}, <= ${bound(2)} `;
    at = matcher.end(0);
  }
  return out + text.slice(at);
}

function parseOne(text: string): Constraint | string {
  const matcher = patterns.parts().matcher(text);
  if (!matcher.find()) return `improper constraint: ${text}`;
  const [operator, major, minor, patch, pre] = [1, 2, 3, 4, 5].map((group) => {
    const start = matcher.start(group);
    return start < 0 ? '' : text.slice(start, matcher.end(group));
  });
  const isOpen = (part = ''): boolean => part === '' || part === 'x' || part === 'X' || part === '*';
  let open: Constraint['open'];
  let version = `${major}.${minor}.${patch}${pre}`;
  if (isOpen(major)) {
    open = 'major';
    version = `0.0.0${pre}`;
  } else if (isOpen(minor)) {
    open = 'minor';
    version = `${major}.0.0${pre}`;
  } else if (isOpen(patch)) {
    open = 'patch';
    version = `${major}.${minor}.0${pre}`;
  }
  const parsed = parseVersion(version);
  if (typeof parsed === 'string') return 'constraint parser error';
  return { operator: operator ?? '', version: parsed, open };
}

function holds(version: Version, constraint: Constraint): boolean {
  const wanted = constraint.version;
  const order = compareVersions(version, wanted);
  switch (constraint.operator) {
    case '!=':
      return differs(version, constraint);
    case '>':
      return constraint.open === undefined ? order > 0 : isBeyond(version, constraint);
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      return constraint.open === undefined ? order <= 0 : !isAbove(version, constraint);
    case '^':
      return order >= 0 && isCompatible(version, constraint);
    case '~':
    case '~>':
      return order >= 0 && isNear(version, constraint);
    default:
      return constraint.open === undefined ? order === 0 : order >= 0 && isNear(version, constraint);
  }
}

function differs(version: Version, { version: wanted, open }: Constraint): boolean {
  if (open === undefined) return compareVersions(version, wanted) !== 0;
  if (wanted.major !== version.major) return true;
  if (open === 'minor') return false;
  if (wanted.minor !== version.minor) return true;
  if (open === 'major') return wanted.patch !== version.patch || compareVersions(version, wanted) !== 0;
  return (version.pre !== '' || wanted.pre !== '') && comparePrereleases(version.pre, wanted.pre) !== 0;
}

/** Greater than everything that an open constraint covers. */
function isBeyond(version: Version, { version: wanted, open }: Constraint): boolean {
  if (version.major !== wanted.major) return version.major > wanted.major;
  if (open === 'minor') return false;
  return open === 'patch' ? version.minor > wanted.minor : compareVersions(version, wanted) > 0;
}

function isAbove(version: Version, { version: wanted, open }: Constraint): boolean {
  if (version.major !== wanted.major) return version.major > wanted.major;
  return version.minor > wanted.minor && open !== 'minor';
}

/** `~1.2` allows patches, `~1` minors, too, and `~*` anything. */
function isNear(version: Version, { version: wanted, open }: Constraint): boolean {
  const isZero = wanted.major === 0n && wanted.minor === 0n && wanted.patch === 0n;
  if (isZero && open !== 'minor' && open !== 'patch') return true;
  if (version.major !== wanted.major) return false;
  return version.minor === wanted.minor || open === 'minor';
}

/** `^`: up to the next change of the leftmost number that is not zero. */
function isCompatible(version: Version, { version: wanted, open }: Constraint): boolean {
  if (wanted.major > 0n || open === 'minor') return version.major === wanted.major;
  if (version.major > 0n) return false;
  if (wanted.minor > 0n || open === 'patch') return version.minor === wanted.minor;
  return version.minor === 0n && version.patch === wanted.patch;
}
