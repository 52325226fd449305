/** Mutated reviews and abused HTTP against a real `remora webhook`: it must answer what can be answered, and live. */
import { connect as connectH2 } from 'node:http2';
import type { Agent } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { POD, post, reviewOf } from '../webhook/process.ts';

export type Target = { readonly port: number; readonly ca: string };

/** A small generator with a seed (mulberry32), so that a run can be made again. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;

const ODD: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  true,
  '',
  'x',
  '\u0000',
  '\ud800',
  '🐟',
  [],
  {},
  [[]],
  'a'.repeat(10_000),
  '{{ . }}',
  '../../etc',
  9007199254740993n,
];

/** A review that is wrong in some places, as a text; mostly still JSON. */
export function mutatedReview(random: Random): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const review = JSON.parse(reviewOf(richPod(random))) as Record<string, unknown>;
  const changes = 1 + Math.floor(random() * 4);
  for (let i = 0; i < changes; i++) {
    const places = placesOf(review);
    const { parent, key } = pick(places);
    const roll = random();
    if (roll < 0.3) delete parent[key];
    else if (roll < 0.8) parent[key] = pick(ODD);
    else parent[key] = { [key]: parent[key], __proto__x: 1, constructor: 'x' };
  }
  let text = JSON.stringify(review, (_key, value: unknown) =>
    typeof value === 'bigint' ? `@@${value}@@` : value,
  ).replace(/"@@(\d+)@@"/g, '$1');
  if (random() < 0.1) text = `${'['.repeat(2_000)}${text}`;
  if (random() < 0.1) text = text.slice(0, Math.floor(random() * text.length));
  const bytes = Buffer.from(text, 'utf8');
  if (random() < 0.2)
    for (let i = 0; i < 5; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
}

function richPod(random: Random): object {
  return {
    ...POD,
    metadata: {
      ...POD.metadata,
      annotations: {
        'sidecar.istio.io/inject': 'true',
        'proxy.istio.io/config': 'concurrency: 2',
        'traffic.sidecar.istio.io/includeOutboundPorts': '80',
      },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'x', apiVersion: 'apps/v1', uid: 'u', controller: true }],
    },
    spec: {
      volumes: [{ name: 'kube-api-access-bcdfg', projected: {} }],
      initContainers: [{ name: 'first', image: 'a' }],
      containers: [
        {
          name: `c${Math.floor(random() * 3)}`,
          image: 'b',
          ports: [{ containerPort: 80 }],
          env: [{ name: 'A', value: 'b' }],
          livenessProbe: { httpGet: { port: 80, path: '/' } },
          resources: { limits: { cpu: '1' } },
        },
      ],
    },
  };
}

type Place = { readonly parent: Record<string, unknown>; readonly key: string };

function placesOf(value: unknown, places: Place[] = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return places;
  const parent = value as Record<string, unknown>;
  for (const key of Object.keys(parent)) {
    places.push({ parent, key });
    placesOf(parent[key], places);
  }
  return places;
}

/** What is wrong with an answer to a POST of `/inject`, or undefined. */
export function judge(status: number, body: string): string | undefined {
  if ([400, 404, 415, 431, 503].includes(status)) return undefined;
  if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
  try {
    const { response } = JSON.parse(body) as {
      readonly response?: { readonly uid?: unknown; readonly allowed?: unknown; readonly patch?: unknown };
    };
    if (typeof response?.uid !== 'string' || typeof response.allowed !== 'boolean')
      return `no review: ${body.slice(0, 200)}`;
    if (response.patch !== undefined) JSON.parse(Buffer.from(String(response.patch), 'base64').toString('utf8'));
    return undefined;
  } catch (error) {
    return `${String(error)}: ${body.slice(0, 200)}`;
  }
}

/** One mutated review over a kept connection. */
export async function fuzzReview(target: Target, random: Random, agent: Agent): Promise<string | undefined> {
  const body = mutatedReview(random);
  const { status, body: text } = await post({
    ...target,
    body,
    agent,
    path: random() < 0.05 ? '/inject/:ENV:=x:ENV:a' : '/inject',
  });
  return judge(status, text);
}

/** One abuse of the connection; whatever comes back, it must end soon. */
export async function abuse(target: Target, random: Random): Promise<void> {
  const kinds = [slowBody, hugeHeaders, halfClosed, plainHttp, garbage, shortBody, resets, badLength];
  await kinds[Math.floor(random() * kinds.length)]?.(target);
}

function overTls({ port, ca }: Target, text: string, then: 'end' | 'destroy' | 'wait'): Promise<void> {
  return new Promise((done) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost' }, () => {
      socket.write(text);
      if (then === 'end') socket.end();
      if (then === 'destroy') setTimeout(() => socket.destroy(), 10);
    });
    socket.resume();
    socket.on('error', () => done());
    socket.on('close', () => done());
    setTimeout(() => socket.destroy(), 300);
  });
}

const HEAD = 'POST /inject HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

const slowBody = (target: Target): Promise<void> => overTls(target, `${HEAD}content-length: 1000\r\n\r\n{"a"`, 'wait');
const shortBody = (target: Target): Promise<void> => overTls(target, `${HEAD}content-length: 1000\r\n\r\n{}`, 'end');
const badLength = (target: Target): Promise<void> =>
  overTls(target, `${HEAD}content-length: -1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`, 'end');
const hugeHeaders = (target: Target): Promise<void> =>
  overTls(target, `${HEAD}x: ${'y'.repeat(200_000)}\r\n\r\n`, 'end');
const halfClosed = (target: Target): Promise<void> => overTls(target, `${HEAD}content-length: 2\r\n\r\n{}`, 'end');

function overTcp({ port }: Target, bytes: Buffer): Promise<void> {
  return new Promise((done) => {
    const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes));
    socket.resume();
    socket.on('error', () => done());
    socket.on('close', () => done());
    setTimeout(() => socket.destroy(), 200);
  });
}

const plainHttp = (target: Target): Promise<void> => overTcp(target, Buffer.from(`${HEAD}\r\n`));
const garbage = (target: Target): Promise<void> =>
  overTcp(target, Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 37) % 256)));

/** Streams of HTTP/2 that are given up at once (rapid reset). */
function resets({ port, ca }: Target): Promise<void> {
  return new Promise((done) => {
    const session = connectH2(`https://127.0.0.1:${port}`, { ca, servername: 'localhost' });
    session.on('error', () => done());
    session.on('close', () => done());
    session.on('connect', () => {
      for (let i = 0; i < 50; i++) {
        const stream = session.request({ ':method': 'POST', ':path': '/inject', 'content-type': 'application/json' });
        stream.on('error', () => {});
        stream.write('{');
        stream.close(8);
      }
      setTimeout(() => session.destroy(), 20);
    });
  });
}
