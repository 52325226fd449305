/** What the kubelet is told. */
export type ProbeAnswer = { readonly status: number; readonly passBody: boolean };

/** Where an HTTP probe goes: `host` with its port, `path` with its query. */
export type ProbeTarget = { readonly https: boolean; readonly host: string; readonly path: string };

/** At most so much of the application's body is passed on. */
export const PROBE_BODY_LIMIT = 10240;
const MOST_REDIRECTS = 10;
const FOLLOWED = new Set([301, 302, 303, 307, 308]);

export const PROBE_FAILED: ProbeAnswer = { status: 500, passBody: false };
export const PROBE_PASSED: ProbeAnswer = { status: 200, passBody: false };

export type ProbeStep = { readonly follow: ProbeTarget } | { readonly answer: ProbeAnswer };

/**
 * What an answer of the application leads to. A redirect within the same host is followed, at most ten; one to another
 * host is success, and never fetched. `followed` is how many were followed before.
 */
export function httpProbeStep(
  at: ProbeTarget,
  first: ProbeTarget,
  status: number,
  location: string | undefined,
  followed: number,
): ProbeStep {
  if (!FOLLOWED.has(status) || location === undefined || location === '') return { answer: finalAnswer(status) };
  const next = redirectTarget(at, location);
  if (next === undefined) return { answer: PROBE_FAILED };
  if (hostName(next.host) !== hostName(first.host)) return { answer: PROBE_PASSED };
  return followed + 1 >= MOST_REDIRECTS ? { answer: PROBE_FAILED } : { follow: next };
}

function finalAnswer(status: number): ProbeAnswer {
  return status >= 300 && status < 400 ? PROBE_PASSED : { status, passBody: true };
}

/** A Location as browsers resolve it, for http and https; undefined for other schemes and what has no host. */
function redirectTarget(at: ProbeTarget, location: string): ProbeTarget | undefined {
  const reference = location.replace(/#.*$/s, '');
  const absolute = /^(?:(https?):)?\/\/([^/?\s]+)([^\s]*)$/i.exec(reference);
  if (absolute !== null) {
    const [, scheme, authority = '', rest = ''] = absolute;
    const https = scheme === undefined ? at.https : scheme.toLowerCase() === 'https';
    return { https, host: authority.replace(/^.*@/, ''), path: rest.startsWith('/') ? rest : `/${rest}` };
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference) || /\s/.test(reference)) return undefined;
  if (reference.startsWith('/')) return { ...at, path: reference };
  const path = at.path.replace(/\?.*$/s, '');
  if (reference.startsWith('?')) return { ...at, path: `${path}${reference}` };
  return { ...at, path: `${path.replace(/[^/]*$/, '')}${reference}` };
}

/** Without its port, in lower case. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}
