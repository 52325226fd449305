/** The corpus' webhook paths through real TLS and HTTP, as the API server calls; test/conformance has them through the engine. */
import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReviewer, type Reviewer } from '../../src/apps/webhook/reviewer.ts';
import { BODY_LIMIT } from '../../src/apps/webhook/routes.ts';
import { isObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyJsonPatch } from '../../src/core/kube/index.ts';
import { HttpsServer } from '../../src/platform/https-server.ts';
import { hasCorpus, readCorpus } from '../conformance/corpus.ts';
import { readCases } from '../conformance/injection-cases.ts';
import { type LegacyInjector, legacyConfig, runLegacyPods } from '../conformance/legacy-webhook.ts';
import { callsOf, take, type WebhookCall } from '../conformance/webhook.ts';
import { type Credentials, credentials, post, responseOf, reviewOf } from './process.ts';

const RELEASES = ['head', '1.20.0'].filter((release) => hasCorpus(`injection/${release}`));

let given: Credentials;
let server: HttpsServer;
let port = 0;
let reviewer: Reviewer;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  given = await credentials();
  server = new HttpsServer({
    address: '127.0.0.1',
    port: 0,
    certificate: given.leaf.certificate,
    key: given.leaf.key,
    clientAuthority: undefined,
    bodyLimit: BODY_LIMIT,
    handle: ({ body, contentType, url }) =>
      reviewer(body?.toString('utf8') ?? '', contentType, decodeURIComponent(url)),
  });
  port = await server.listen();
});

afterAll(async () => {
  agent.destroy();
  await server.stop({ drain: 0, grace: 1_000 });
});

describe('corpus over HTTPS', () => {
  it('there is a corpus', () => {
    expect(RELEASES.length).toBeGreaterThan(0);
  });

  for (const release of RELEASES) {
    const cases = readCases(release).filter(({ params }) => params.paths.includes('webhook'));
    it(`${release}: ${cases.length} cases`, async () => {
      const failures: string[] = [];
      for (const testCase of cases) {
        for (const { call, judge } of callsOf(release, testCase)) {
          const patched = await overHttps(call);
          const why = typeof patched === 'string' ? patched : judge(patched);
          if (why !== undefined) failures.push(`${testCase.name}: ${why}`);
        }
      }
      console.log(`· webhook over HTTPS, ${release}: ${cases.length} cases, ${failures.length} failures`);
      expect(failures).toEqual([]);
      expect(cases.length).toBeGreaterThan(50);
    });
  }

  it('1.0.2: patches to the byte, and whole Deployments', async () => {
    const results = await runLegacyPods('1.0.2', legacyOverHttps);
    console.log(`· webhook over HTTPS, 1.0.2: ${results.length} cases of patches and Deployments`);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.length).toBeGreaterThan(20);
  });

  const http = readCases('1.0.2').filter(({ params }) => params.paths.includes('http'));
  it(`1.0.2: ${http.length} cases of its HTTP`, async () => {
    const failures: string[] = [];
    for (const testCase of http) {
      const { http: wanted } = testCase.params;
      if (wanted === undefined) throw new Error(`${testCase.name} has no http parameters`);
      const config = legacyConfig('1.0.2', testCase);
      reviewer = createReviewer({ config, nodes: undefined, namespaces: new Map() }, options(config, NO_CONTEXT), {});
      const body =
        testCase.input === null
          ? String.fromCharCode(...(wanted.bodyBytes ?? []))
          : readCorpus('injection', '1.0.2', testCase.input);
      const reply = await post({ port, ca: given.authority.certificate, body, contentType: wanted.contentType, agent });
      if (reply.status !== wanted.wantStatus) failures.push(`${testCase.name}: ${reply.status}`);
      if (wanted.wantAllowed === undefined) continue;
      const { allowed, patch } = responseOf(reply);
      if (allowed !== wanted.wantAllowed) failures.push(`${testCase.name}: allowed ${allowed}`);
      const golden =
        testCase.expected === null
          ? ''
          : JSON.stringify(JSON.parse(readCorpus('injection', '1.0.2', testCase.expected)));
      if (decoded(patch) !== golden) failures.push(`${testCase.name}: patch ${decoded(patch)}`);
    }
    expect(failures).toEqual([]);
    expect(http.length).toBeGreaterThan(3);
  });
});

async function overHttps({ config, raw, typed, namespace, context }: WebhookCall): Promise<JsonObject | string> {
  const namespaces = new Map(context.namespaceObject === undefined ? [] : [[namespace, context.namespaceObject]]);
  reviewer = createReviewer({ config, nodes: context.nodes, namespaces }, options(config, context), context.host);
  const reply = await post({ port, ca: given.authority.certificate, body: reviewOf(raw, { namespace }), agent });
  if (reply.status !== 200) return `status ${reply.status}: ${reply.body}`;
  const response = responseOf(reply);
  if (!response.allowed) return `refused: ${response.status?.message}`;
  if (response.patch === undefined) return typed;
  const patch = JSON.parse(decoded(response.patch)) as Parameters<typeof applyJsonPatch>[1];
  const patched: JsonValue = take(applyJsonPatch(typed, patch));
  return isObject(patched) ? patched : 'the patched pod is no object';
}

const legacyOverHttps: LegacyInjector = async (config, pod, namespace) => {
  reviewer = createReviewer({ config, nodes: undefined, namespaces: new Map() }, options(config, NO_CONTEXT), {});
  const reply = await post({
    port,
    ca: given.authority.certificate,
    body: reviewOf(pod, { namespace, version: 'v1beta1' }),
    agent,
  });
  const { allowed, patch, status } = responseOf(reply);
  if (!allowed) return { kind: 'failed', message: status?.message ?? '' };
  return patch === undefined ? { kind: 'skipped' } : { kind: 'injected', patch: JSON.parse(decoded(patch)) };
};

const NO_CONTEXT: WebhookCall['context'] = {
  revision: '',
  nativeSidecars: 'false',
  platform: '',
  compliancePolicy: '',
  host: {},
};

function options(config: WebhookCall['config'], context: WebhookCall['context']): Parameters<typeof createReviewer>[1] {
  const { revision, nativeSidecars, platform, compliancePolicy } = context;
  return { release: config.release, revision, nativeSidecars, platform, compliancePolicy };
}

function decoded(patch: string | undefined): string {
  return Buffer.from(patch ?? '', 'base64').toString('utf8');
}
