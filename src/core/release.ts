import { failed, type Parsed, parsed } from './problem.ts';

/** An Istio release whose behaviour is followed. The patch counts too: fixes went into patch releases of older minors. */
export type Release = { readonly minor: number; readonly patch: number };

/** Istio master of August 2026 (VERSION 1.32 in development): what `--compat latest` means. */
export const LATEST: Release = { minor: 32, patch: 0 };

/**
 * Reads `1.20`, `1.0.2`, `v1.9.3`, `1.9.3-rc.1` or `latest`. A minor alone means its last patch release. Patch numbers are
 * not checked, since more of them come out every month; a release before its release counts as that one.
 */
export function parseRelease(text: string): Parsed<Release> {
  if (text === 'latest' || text === 'master' || text === 'head') return parsed(LATEST);
  const match = /^v?1\.(\d{1,3})(?:\.(\d{1,3})(?:-(?:alpha|beta|rc)\.\d{1,3})?)?$/.exec(text);
  if (match === null || Number(match[1]) > LATEST.minor) {
    return failed({
      code: 'RELEASE_UNKNOWN',
      severity: 'error',
      message: `unknown Istio release "${text}"`,
      remedy: `Give a release from 1.0 to 1.${LATEST.minor}, such as 1.20, 1.0.2 or 1.20.0-rc.1, or "latest".`,
    });
  }
  return parsed({ minor: Number(match[1]), patch: match[2] === undefined ? 999 : Number(match[2]) });
}

/** Whether `release` is `minor`.`patch` or newer: atLeast(r, 9) is "1.9 and later". */
export function atLeast(release: Release, minor: number, patch = 0): boolean {
  return release.minor > minor || (release.minor === minor && release.patch >= patch);
}

export function formatRelease(release: Release): string {
  return release.patch === 999 || release.minor === LATEST.minor
    ? `1.${release.minor}`
    : `1.${release.minor}.${release.patch}`;
}
