import { request as ask } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { WaitRequest } from '../../core/agent/index.ts';

/** Waits until the proxy is ready. Gives undefined, or what was wrong last when the time was over. */
export async function waitUntilReady(wait: WaitRequest): Promise<string | undefined> {
  const end = performance.now() + wait.timeoutMilliseconds;
  let last = 'it was not asked';
  while (performance.now() < end) {
    await pause(wait.periodMilliseconds);
    const answer = await statusOf(wait.url, wait.requestTimeoutMilliseconds, 10).catch((error: Error) => error.message);
    if (answer === 200) return undefined;
    last = typeof answer === 'number' ? `HTTP status code ${answer}` : answer;
  }
  return `timeout waiting for Envoy proxy to become ready. Last error: ${last}`;
}

/** Status of a GET; redirects are followed. */
function statusOf(url: string, timeout: number, redirects: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = ask(url, { agent: false }, (response) => {
      const { statusCode = 0, headers } = response;
      response.resume();
      response.once('error', reject);
      response.once('end', () => {
        const target = statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
        if (target === undefined || redirects === 0) resolve(statusCode);
        else statusOf(new URL(target, url).href, timeout, redirects - 1).then(resolve, reject);
      });
    });
    const late = new Error(`no answer within ${timeout} ms`);
    const timer = setTimeout(() => call.destroy(late), timeout);
    call.once('error', reject);
    call.once('close', () => clearTimeout(timer));
    call.end();
  });
}
