/** GET of a metrics endpoint on localhost, bounded in time and size. */
import { request } from 'node:http';

export type Scrape = { readonly contentType: string | undefined; readonly body: Uint8Array };

/** Fails on a status other than 200, on time-out, and on a body of more than `limit` bytes. */
export function scrape(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  bounds: { readonly timeoutMilliseconds: number | undefined; readonly limit: number },
): Promise<Scrape> {
  return new Promise((resolve, reject) => {
    const { timeoutMilliseconds } = bounds;
    const call = request({ host: 'localhost', port, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= bounds.limit) chunks.push(chunk);
        if (size <= bounds.limit) return;
        // What is left may be here already, so that destroying alone would let the end come first.
        reject(new Error(`more than ${bounds.limit} bytes`));
        call.destroy();
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        else resolve({ contentType: response.headers['content-type'], body: Buffer.concat(chunks) });
      });
    });
    call.once('error', reject);
    if (timeoutMilliseconds !== undefined) {
      const timer = setTimeout(
        () => call.destroy(new Error(`no answer within ${timeoutMilliseconds} ms`)),
        timeoutMilliseconds,
      );
      call.once('close', () => clearTimeout(timer));
    }
    call.end();
  });
}
