/** Small HTTP calls of a server on this machine, each bounded in time. */
import { request } from 'node:http';

export type LocalCall = {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly timeoutMilliseconds: number;
};

export type LocalAnswer = { readonly status: number; readonly body: string };

/** Fails with the system's words where there is no answer in time. Redirects are not followed. */
export function callLocal(call: LocalCall): Promise<LocalAnswer> {
  return new Promise((resolve, reject) => {
    const { host, port, method, path, body, timeoutMilliseconds } = call;
    const sent = request({ host, port, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    const late = new Error(`no answer within ${timeoutMilliseconds} ms`);
    const timer = setTimeout(() => sent.destroy(late), timeoutMilliseconds);
    sent.once('error', reject);
    sent.once('close', () => {
      clearTimeout(timer);
      // An answer that was cut off has no end.
      reject(late);
    });
    sent.end(body);
  });
}
