import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { ReviewAnswer } from '../../core/injection/index.ts';
import type { Answer, Incoming } from '../../platform/https-server.ts';
import { createMetrics } from './metrics.ts';
import { type RouteContext, routes } from './routes.ts';

type ClientCertificate = NonNullable<Incoming['client']>;

const ALLOWED: ReviewAnswer = { status: 200, contentType: 'application/json', body: '{"response":{}}' };

type Asked = {
  readonly answer: Answer;
  readonly paths: readonly string[];
  readonly metric: (name: string) => Promise<unknown>;
};

async function ask(incoming: Partial<Incoming>, context: Partial<RouteContext> = {}): Promise<Asked> {
  const registry = new Registry();
  const paths: string[] = [];
  const handle = routes({
    reviewer: () => (_body, _type, path) => {
      paths.push(path);
      return ALLOWED;
    },
    report: () => ({ ready: true, lines: ['configuration: ok'] }),
    metrics: createMetrics(registry),
    clientAuthority: undefined,
    injectPath: 'below',
    metricsText: async () => ({ status: 200, contentType: 'text/plain', body: 'metrics' }),
    reviewed: () => {},
    ...context,
  });
  const answer = await handle({
    method: 'POST',
    url: '/inject',
    contentType: 'application/json',
    body: Buffer.from('{}'),
    client: undefined,
    ...incoming,
  });
  const metric = async (name: string): Promise<unknown> =>
    (await registry.getSingleMetric(name)?.get())?.values.map(({ labels, value }) => [labels, value]);
  return { answer, paths, metric };
}

describe('where reviews go', () => {
  it.each([
    ['/inject', '/inject'],
    ['/inject?timeout=10s', '/inject'],
    ['/inject/', '/inject/'],
    ['/inject/cluster/a%20b', '/inject/cluster/a b'],
    ['/inject/a%2Fb', '/inject/a/b'],
  ])('%s', async (url, path) => {
    const { answer, paths } = await ask({ url });
    expect([answer.status, paths]).toEqual([200, [path]]);
  });

  it.each([
    ['/injected', 404],
    ['/', 404],
    ['/inject/%', 400],
    ['/mutate', 404],
  ])('%s is %i', async (url, status) => {
    const { answer, paths } = await ask({ url });
    expect([answer.status, paths]).toEqual([status, []]);
  });

  it('in 1.0 nothing is below /inject', async () => {
    expect((await ask({ url: '/inject/a/b' }, { injectPath: 'exact' })).answer.status).toBe(404);
    expect((await ask({ url: '/inject' }, { injectPath: 'exact' })).answer.status).toBe(200);
  });

  it('without a configuration the call fails, so that failurePolicy decides', async () => {
    const { answer, metric } = await ask({}, { reviewer: () => undefined });
    expect(answer).toMatchObject({ status: 503, body: 'no configuration yet\n' });
    expect(await metric('sidecar_injection_failure_total')).toEqual([[{}, 1]]);
    expect(await metric('remora_requests_rejected_total')).toEqual([[{ status: '503' }, 1]]);
  });

  it("a body that was too large gets the reader's text of Go", async () => {
    const { answer, paths } = await ask({ body: undefined });
    expect([answer.status, answer.body, paths]).toEqual([400, 'http: request body too large\n', []]);
  });
});

describe('who may ask', () => {
  const clientAuthority = { file: 'ca.crt', names: ['kube-apiserver', 'other'] };
  const client = (more: Partial<ClientCertificate>): ClientCertificate => ({
    commonName: 'kube-apiserver',
    authorized: true,
    why: '',
    ...more,
  });

  it.each<[string, ClientCertificate | undefined, number, string]>([
    ['nobody known', undefined, 401, 'a client certificate is required\n'],
    [
      'one of another authority',
      client({ authorized: false, why: 'SELF_SIGNED_CERT' }),
      401,
      'the client certificate is not accepted: SELF_SIGNED_CERT\n',
    ],
    ['another name', client({ commonName: 'me' }), 403, 'the client "me" is none of kube-apiserver, other\n'],
  ])('%s is refused', async (_name, who, status, body) => {
    const { answer, paths, metric } = await ask({ client: who }, { clientAuthority });
    expect([answer.status, answer.body, paths]).toEqual([status, body, []]);
    expect(await metric('sidecar_injection_requests_total')).toEqual([[{}, 0]]);
    expect(await metric('remora_requests_rejected_total')).toEqual([[{ status: String(status) }, 1]]);
  });

  it('one of the names is let in, and any name where none is wanted', async () => {
    expect((await ask({ client: client({ commonName: 'other' }) }, { clientAuthority })).answer.status).toBe(200);
    const any = { clientAuthority: { ...clientAuthority, names: [] } };
    expect((await ask({ client: client({ commonName: 'x' }) }, any)).answer.status).toBe(200);
  });

  it('probes and metrics stay open', async () => {
    for (const url of ['/healthz', '/readyz', '/ready', '/metrics']) {
      expect((await ask({ url, method: 'GET' }, { clientAuthority })).answer.status).toBe(200);
    }
  });
});

describe('probes', () => {
  it('are short where all is well, and long where it is not or was asked for', async () => {
    expect((await ask({ url: '/readyz' })).answer.body).toBe('ok\n');
    expect((await ask({ url: '/ready?verbose' })).answer.body).toBe('ok\nconfiguration: ok\n');
    const report = () => ({ ready: false, lines: ['configuration: missing'] });
    const { answer } = await ask({ url: '/readyz' }, { report });
    expect([answer.status, answer.body]).toEqual([503, 'not ready\nconfiguration: missing\n']);
    expect((await ask({ url: '/healthz' }, { report })).answer.status).toBe(200);
  });
});
