import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHAPTERS, type DemoReport, renderPage, renderStory } from '../../core/demo/index.ts';

export type StoryPage = {
  readonly url: string;
  /** The report has grown. */
  readonly show: (report: DemoReport) => void;
  /** A chapter can be read. */
  readonly reached: (chapter: number, report: DemoReport) => void;
  readonly close: () => void;
};

/** Browsers are told at most this often. */
const EVERY = 100;

/**
 * Serves the story on 127.0.0.1: a page, and a stream of its parts as they change (server-sent events). A sentence where
 * the port cannot be had.
 */
export function servePage(port: number): Promise<StoryPage | string> {
  const watchers = new Set<ServerResponse>();
  let latest: DemoReport | undefined;
  let chapters = 0;
  let timer: NodeJS.Timeout | undefined;
  const story = (): string => (latest === undefined ? '' : renderStory(latest, CHAPTERS.slice(0, chapters)));
  const push = (): void => {
    timer = undefined;
    for (const watcher of watchers) watcher.write(event(story()));
  };
  const server = createServer((request, response) => {
    // Another site's script could ask by a name that it has pointed here.
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (host !== '127.0.0.1' && host !== 'localhost') return refuse(response, 403);
    if (request.method !== 'GET') return refuse(response, 405);
    switch (request.url) {
      case '/':
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY });
        response.end(renderPage(story()));
        return;
      case '/events':
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        watchers.add(response);
        response.once('close', () => watchers.delete(response));
        response.write(event(story()));
        return;
      case '/report.json':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(latest ?? {}, null, 2)}\n`);
        return;
      default:
        refuse(response, 404);
    }
  });
  const show = (report: DemoReport): void => {
    latest = report;
    timer ??= setTimeout(push, EVERY);
  };
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(error.message));
    server.listen(port, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        show,
        reached: (chapter, report) => {
          chapters = Math.max(chapters, chapter + 1);
          show(report);
        },
        close: () => {
          clearTimeout(timer);
          server.close();
          // The last word reaches those who watch; whoever keeps a connection open after it is not waited for.
          for (const watcher of watchers) watcher.end(event(story()));
          server.closeIdleConnections();
          setTimeout(() => server.closeAllConnections(), EVERY).unref();
        },
      });
    });
  });
}

/** Everything that the page needs is in it. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:";

function event(html: string): string {
  return `data: ${JSON.stringify(html)}\n\n`;
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
