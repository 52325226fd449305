import { formatMediaType, type MediaType, parseMediaType } from './media-type.ts';

const TEXT_DEFAULT = 'text/plain;version=0.0.4';
const OPEN_METRICS = 'application/openmetrics-text';
const TEXT: MediaType = { type: 'text/plain', parameters: new Map([['version', '0.0.4']]) };
const OPEN: MediaType = { type: OPEN_METRICS, parameters: new Map([['version', '0.0.1']]) };

/** The Accept header for Envoy (text only) or the application, from that of the scraper (agent.md 12). */
export function rewriteAccept(accept: string, whom: 'envoy' | 'application'): string {
  const parts = accept.split(',').map((part) => parseMediaType(part.trim()));
  if (parts.some((part) => part === undefined)) return TEXT_DEFAULT;
  const kept: MediaType[] = [];
  for (const part of parts) {
    const next = part === undefined ? undefined : translate(part, whom);
    // Ranges all become the same two entries: one of each is enough.
    if (next !== undefined && !(kept.includes(next) && (next === TEXT || next === OPEN))) kept.push(next);
  }
  if (kept.length === 0) return TEXT_DEFAULT;
  return kept
    .map(({ type, parameters }, i) =>
      formatMediaType({ type, parameters: new Map([...parameters, ['q', `0.${kept.length - i}`]]) }),
    )
    .join(',');
}

function translate({ type, parameters }: MediaType, whom: 'envoy' | 'application'): MediaType | undefined {
  if (type === '*' || type === '*/*') return TEXT;
  if (type === 'application/*') return whom === 'application' ? OPEN : undefined;
  const allowed = type === 'text/*' || type === 'text/plain' || (type === OPEN_METRICS && whom === 'application');
  if (!allowed) return undefined;
  return { type, parameters: new Map([...parameters].filter(([name]) => name !== 'q')) };
}
