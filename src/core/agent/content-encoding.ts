export type Encoding = 'zstd' | 'gzip';

/** Bodies smaller than this are sent as they are: compressing them costs more than it saves. */
export const SMALL_BODY = 1024;

/** The encoding that a client likes best of those that there are; at equal quality the first of `available`. */
export function chooseEncoding(accept: string, available: readonly Encoding[]): Encoding | undefined {
  const qualities = new Map<string, number>();
  for (const part of accept.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const value = quality === undefined ? 1 : Number(quality.slice(2));
    if (name !== '') qualities.set(name, Number.isFinite(value) ? value : 0);
  }
  let best: Encoding | undefined;
  let most = 0;
  for (const encoding of available) {
    const quality = qualities.get(encoding) ?? qualities.get('*') ?? 0;
    if (quality > most) [best, most] = [encoding, quality];
  }
  return best;
}
