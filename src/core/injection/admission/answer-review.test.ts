import { describe, expect, it } from 'vitest';
import { getKey, isObject, type JsonObject, type JsonValue } from '../../json.ts';
import { applyJsonPatch } from '../../kube/index.ts';
import { parseRelease, type Release } from '../../release.ts';
import { inject } from '../inject.ts';
import { loadInjectionConfig } from '../load-config.ts';
import { annotationOf } from '../pod.ts';
import { answerReview, type ReviewAnswer, type ReviewRequest } from './answer-review.ts';

const TEMPLATE = 'spec:\n  containers:\n  - name: istio-proxy\n    image: proxy\n';
const POD: JsonObject = { metadata: { name: 'a' }, spec: { containers: [{ name: 'app', image: 'app' }] } };

function release(text: string): Release {
  const parsed = parseRelease(text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

function review(request: JsonValue | undefined, apiVersion = 'admission.k8s.io/v1'): string {
  return JSON.stringify({ kind: 'AdmissionReview', apiVersion, request });
}

type Asked = { readonly answer: ReviewAnswer; readonly requests: readonly ReviewRequest[] };

/** Through the real engine, with a small template. */
function ask(body: string, options: { type?: string | undefined; template?: string; release?: string } = {}): Asked {
  const of = release(options.release ?? 'latest');
  const cfg = loadInjectionConfig({
    configText: JSON.stringify({ policy: 'enabled', templates: { sidecar: options.template ?? TEMPLATE } }),
    release: of,
  });
  if (!cfg.ok) throw new Error('configuration');
  const requests: ReviewRequest[] = [];
  const answer = answerReview(body, 'type' in options ? options.type : 'application/json', of, (request) => {
    requests.push(request);
    return inject(
      request.pod,
      {
        path: 'webhook',
        requestNamespace: request.namespace,
        revision: '',
        proxyEnvs: new Map(),
        nativeSidecars: 'false',
        platform: '',
        compliancePolicy: '',
        host: {},
      },
      cfg.value,
    );
  });
  return { answer, requests };
}

function response(answer: ReviewAnswer): JsonObject {
  const body = JSON.parse(answer.body) as JsonObject;
  const found = getKey(body, 'response');
  if (!isObject(found)) throw new Error('no response');
  return found;
}

describe('what is no review', () => {
  it.each<[string, string, string | undefined, number, string]>([
    ['an empty body', '', 'application/json', 400, 'no body found\n'],
    ['an empty body of a wrong type', '', 'text/plain', 400, 'no body found\n'],
    ['no content type', '{}', undefined, 415, 'invalid Content-Type, want `application/json`\n'],
    [
      'a content type with parameters',
      '{}',
      'application/json; charset=utf-8',
      415,
      'invalid Content-Type, want `application/json`\n',
    ],
  ])('%s', (_name, body, type, status, text) => {
    const { answer, requests } = ask(body, { type });
    expect(answer).toEqual({ status, contentType: 'text/plain; charset=utf-8', body: text });
    expect(requests).toEqual([]);
  });

  it.each([
    ['broken JSON', '{"kind": ', "couldn't decode the AdmissionReview"],
    ['no object', '[1]', 'the body is no JSON object'],
    ['no kind', '{"apiVersion":"admission.k8s.io/v1"}', "Object 'Kind' is missing"],
    ['no version', '{"kind":"AdmissionReview"}', "Object 'apiVersion' is missing"],
    ['another kind', '{"kind":"Pod","apiVersion":"v1"}', 'no kind "Pod" is registered for version "v1"'],
    ['another version', review({}, 'admission.k8s.io/v2'), 'version "admission.k8s.io/v2"'],
  ])('%s is refused with 200, without a type', (_name, body, text) => {
    const { answer } = ask(body);
    expect(answer.status).toBe(200);
    expect(Object.keys(JSON.parse(answer.body) as JsonObject)).toEqual(['response']);
    expect(response(answer)).toMatchObject({
      uid: '',
      allowed: false,
      status: { message: expect.stringContaining(text) },
    });
  });

  it('admission-review-v1: 1.7 knows v1', () => {
    const body = review({ uid: 'u', object: POD });
    expect(response(ask(body, { release: '1.6' }).answer).allowed).toBe(false);
    expect(response(ask(body, { release: '1.9' }).answer).allowed).toBe(true);
    expect(
      response(ask(review({ uid: 'u', object: POD }, 'admission.k8s.io/v1beta1'), { release: '1.6' }).answer).uid,
    ).toBe('u');
  });

  it('up to 1.6 the body may leave out its type', () => {
    const body = JSON.stringify({ request: { uid: 'u', object: POD } });
    expect(JSON.parse(ask(body, { release: '1.6' }).answer.body)).toMatchObject({ response: { uid: 'u' } });
    expect(response(ask(body, { release: '1.7' }).answer)).toMatchObject({ uid: '', allowed: false });
  });

  it('a review without request, which crashes Go, is refused with its type', () => {
    const { answer } = ask(review(undefined));
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' });
    expect(response(answer)).toMatchObject({ allowed: false, status: { message: 'AdmissionReview has no request' } });
  });

  it.each([
    ['no object', undefined, 'no pod'],
    ['a list', [], 'cannot unmarshal'],
    [
      'wrong types',
      { spec: { containers: 'none' } },
      'cannot unmarshal string into Go struct field Pod.spec.containers',
    ],
  ])('%s instead of a pod is refused with the uid', (_name, object, text) => {
    const { answer } = ask(review({ uid: 'u1', ...(object === undefined ? {} : { object: object as JsonValue }) }));
    expect(response(answer)).toMatchObject({
      uid: 'u1',
      allowed: false,
      status: { message: expect.stringContaining(text) },
    });
  });
});

describe('what is one', () => {
  it('an injected pod gets its patch; the answer repeats uid, kind and version', () => {
    const { answer } = ask(review({ uid: 'u', namespace: 'shop', object: POD }));
    expect(answer.status).toBe(200);
    expect(answer.contentType).toBe('application/json');
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' });
    const { uid, allowed, patchType, patch } = response(answer);
    expect([uid, allowed, patchType]).toEqual(['u', true, 'JSONPatch']);
    const operations = JSON.parse(Buffer.from(String(patch), 'base64').toString('utf8'));
    const patched = applyJsonPatch(POD, operations);
    if (!patched.ok || !isObject(patched.value)) throw new Error('the patch does not apply');
    expect(annotationOf(patched.value, 'sidecar.istio.io/status')).toContain('istio-proxy');
  });

  it('managedFields are dropped, and the namespace is filled in before the patch is computed', () => {
    const object = { ...POD, metadata: { name: 'a', managedFields: [{ manager: 'kubectl' }] } };
    const { answer, requests } = ask(review({ uid: 'u', namespace: 'shop', object }));
    expect(requests[0]?.pod.metadata).toEqual({ name: 'a', namespace: 'shop' });
    const patch = Buffer.from(String(response(answer).patch), 'base64').toString('utf8');
    expect(patch).not.toContain('managedFields');
    expect(patch).not.toContain('/metadata/namespace');
  });

  it("the pod's own namespace stays", () => {
    const object = { ...POD, metadata: { name: 'a', namespace: 'own' } };
    expect(ask(review({ uid: 'u', namespace: 'shop', object })).requests[0]?.pod.metadata).toMatchObject({
      namespace: 'own',
    });
  });

  it('a skipped pod is allowed without patch, and a warning says why', () => {
    const object: JsonObject = { ...POD, spec: { hostNetwork: true, containers: [{ name: 'app' }] } };
    const reason = 'The pod uses the network of its node (spec.hostNetwork is true).';
    expect(response(ask(review({ uid: 'u', object })).answer)).toEqual({
      uid: 'u',
      allowed: true,
      warnings: [`No sidecar: ${reason} (rule host-network)`],
      auditAnnotations: { decision: 'skipped', rule: 'host-network', reason },
    });
    const system = response(ask(review({ uid: 'u', namespace: 'kube-system', object: POD })).answer);
    expect(system.patch).toBeUndefined();
    expect(system.warnings).toHaveLength(1);
  });

  it('a pod that was told to have no sidecar is no news, but for the audit log', () => {
    const object: JsonObject = { ...POD, metadata: { labels: { 'sidecar.istio.io/inject': 'false' } } };
    const skipped = response(ask(review({ uid: 'u', object })).answer);
    expect(skipped.warnings).toBeUndefined();
    expect(skipped.auditAnnotations).toMatchObject({ decision: 'skipped', rule: 'inject-value' });
  });

  it('warnings of an injected pod are told, each in one line that the API server does not cut', () => {
    const value = `maybe\n${'x'.repeat(400)}`;
    const object: JsonObject = { ...POD, metadata: { annotations: { 'sidecar.istio.io/inject': value } } };
    const { warnings, auditAnnotations, patch } = response(ask(review({ uid: 'u', object })).answer);
    expect(patch).toBeDefined();
    expect(auditAnnotations).toMatchObject({ decision: 'injected' });
    expect(warnings).toHaveLength(1);
    expect(String((warnings as readonly string[])[0])).toMatch(
      /^Invalid value for sidecar.istio.io\/inject: "maybe.*…$/,
    );
    expect(String((warnings as readonly string[])[0]).length).toBeLessThanOrEqual(256);
  });

  it('a failed injection is refused with the whole text', () => {
    const object: JsonObject = { ...POD, metadata: { annotations: { 'sidecar.istio.io/interceptionMode': 'X' } } };
    const { answer } = ask(review({ uid: 'u', object }));
    expect(answer.status).toBe(200);
    expect(response(answer)).toMatchObject({
      uid: 'u',
      allowed: false,
      status: {
        message:
          "failed to run injection template: 1 error occurred:\n\t* invalid value 'X' for annotation 'sidecar.istio.io/interceptionMode': interceptionMode invalid, use REDIRECT,TPROXY,NONE: X\n\n",
      },
    });
    expect(answer.outcome?.kind).toBe('failed');
  });

  it('YAML is a review too, and dryRun is told', () => {
    const body = `kind: AdmissionReview\napiVersion: admission.k8s.io/v1\nrequest:\n  uid: u\n  dryRun: true\n  object: ${JSON.stringify(POD)}\n`;
    const { answer, requests } = ask(body);
    expect(response(answer).allowed).toBe(true);
    expect(requests[0]).toMatchObject({ uid: 'u', dryRun: true, namespace: '' });
  });

  it('an integer beyond 2^53 survives', () => {
    const body = review({ uid: 'u', object: { ...POD, spec: { activeDeadlineSeconds: 1, containers: [] } } }).replace(
      '"activeDeadlineSeconds":1',
      '"activeDeadlineSeconds":9007199254740993',
    );
    expect(ask(body).requests[0]?.pod.spec).toMatchObject({ activeDeadlineSeconds: 9007199254740993n });
  });
});
