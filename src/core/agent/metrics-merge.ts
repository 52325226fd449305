import { parseMediaType } from './media-type.ts';

export const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

/** An application that has more to say than this is left out, where several are merged. */
export const APPLICATION_BODY_LIMIT = 10 * 1024 * 1024;

/** The format of the merged answer by the application's Content-Type (agent.md 12). */
export function mergedFormat(contentType: string | undefined): string {
  const media = parseMediaType(contentType ?? '');
  if (media?.type !== 'application/openmetrics-text') return TEXT_FORMAT;
  const version = media.parameters.get('version') ?? '0.0.1';
  if (version !== '1.0.0' && version !== '0.0.1') return TEXT_FORMAT;
  return `application/openmetrics-text; version=${version}; charset=utf-8`;
}

/** What one target answered; undefined: it failed, and was counted. */
export type Scraped = { readonly contentType: string | undefined; readonly body: string } | undefined;

export type Merged = { readonly contentType: string; readonly body: string };

/**
 * Several targets as one text, in their order: the format of the first, or text where they differ; each one's `# EOF`
 * is cut, and one is put at the very end where the format wants it.
 */
export function mergeTargets(answers: readonly Scraped[]): Merged {
  const good = answers.filter((answer) => answer !== undefined);
  const formats = new Set(good.map(({ contentType }) => mergedFormat(contentType)));
  const [first] = formats;
  const contentType = first !== undefined && formats.size === 1 ? first : TEXT_FORMAT;
  const bodies = good.map(({ body }) => {
    const cut = body.replace(/\s*# EOF[ \t\r\n]*$/, '\n');
    return cut === '' || cut.endsWith('\n') ? cut : `${cut}\n`;
  });
  const end = contentType === TEXT_FORMAT || good.length === 0 ? '' : '# EOF\n';
  return { contentType, body: `${bodies.join('')}${end}` };
}
