/**
 * A process that asks an HTTPS server as fast as it answers: TLS connections that are kept, one request at a time on each.
 * Sockets are written to directly, since a whole HTTP client would take as much of the machine as the server that is
 * measured. Prints one line of JSON.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

type Job = {
  readonly port: number;
  readonly ca: string;
  readonly connections: number;
  readonly warmMs: number;
  readonly runMs: number;
  /** File with one body a line. */
  readonly bodies: string;
  /** Ask each body once and stop, in place of going on for `runMs`. */
  readonly once: boolean;
};

const job = JSON.parse(process.argv[2] ?? '{}') as Job;
const requests = readFileSync(job.bodies, 'utf8')
  .trimEnd()
  .split('\n')
  .map((body) =>
    Buffer.from(
      `POST /inject HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
const latencies: number[] = [];
let next = 0;
let wrong = 0;
const begins = performance.now() + job.warmMs;
const ends = begins + job.runMs;

function client(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: job.port,
      host: '127.0.0.1',
      ca: job.ca,
      servername: 'localhost',
      ALPNProtocols: ['http/1.1'],
    });
    socket.setNoDelay(true);
    let sent = 0;
    let missing = -1;
    let head = '';
    const ask = (): void => {
      const request = job.once ? requests[next] : requests[next % requests.length];
      if (request === undefined || (!job.once && performance.now() >= ends)) {
        socket.end();
        resolve();
        return;
      }
      next += 1;
      sent = performance.now();
      socket.write(request);
    };
    socket.on('secureConnect', ask);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      let rest = chunk.length;
      if (missing < 0) {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.startsWith('HTTP/1.1 200') || !head.includes('"allowed":true')) wrong += 1;
        missing = Number(/content-length: (\d+)/.exec(head)?.[1]);
        rest = head.length - end - 4;
        head = '';
      }
      missing -= rest;
      if (missing > 0) return;
      const now = performance.now();
      if (job.once || (sent >= begins && now <= ends)) latencies.push(now - sent);
      missing = -1;
      ask();
    });
  });
}

const started = performance.now();
await Promise.all(Array.from({ length: job.connections }, client));
const seconds = (job.once ? performance.now() - started : job.runMs) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
console.log(
  JSON.stringify({
    perSecond: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    count: latencies.length,
    wrong,
  }),
);
