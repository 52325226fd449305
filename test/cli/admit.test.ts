import { describe, expect, it } from 'vitest';
import { configWith, folderWith, remora } from './remora.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'web-' },
  spec: { containers: [{ name: 'web', image: 'example/web:1' }] },
};

function review(pod: object = POD, version = 'v1'): string {
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid: 'u-1', namespace: 'shop', operation: 'CREATE', object: pod },
  });
}

type Answer = {
  readonly apiVersion: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly auditAnnotations?: Readonly<Record<string, string>>;
    readonly status?: { readonly message: string };
  };
};

function admit(text: string, ...args: readonly string[]) {
  const ran = remora(['admit', '-f', 'review.json', ...args], {
    in: folderWith({ 'review.json': text, 'config.yaml': CONFIG }),
  });
  return { ...ran, answer: ran.stdout === '' ? undefined : (JSON.parse(ran.stdout) as Answer) };
}

const CONFIG = configWith('spec: {containers: [{name: istio-proxy, image: "mine:{{ .ObjectMeta.Namespace }}"}]}');

const patchOf = ({ answer }: ReturnType<typeof admit>): string =>
  Buffer.from(answer?.response.patch ?? '', 'base64').toString('utf8');

describe('remora admit', () => {
  it('answers as the webhook would, in the version of the request', () => {
    for (const version of ['v1', 'v1beta1']) {
      const ran = admit(review(POD, version));
      expect([ran.code, ran.stderr]).toEqual([0, '']);
      expect(ran.answer).toMatchObject({
        apiVersion: `admission.k8s.io/${version}`,
        response: { uid: 'u-1', allowed: true, auditAnnotations: { decision: 'injected', rule: 'policy' } },
      });
      expect(patchOf(ran)).toContain('"istio-proxy"');
    }
  });

  it('parameters of the path go to the sidecar', () => {
    const ran = admit(review(), '--path', '/inject/cluster/c%20one/net/n1');
    expect(patchOf(ran)).toContain('{"name":"ISTIO_META_CLUSTER_ID","value":"c one"}');
    expect(patchOf(ran)).toContain('{"name":"ISTIO_META_NETWORK","value":"n1"}');
  });

  it('takes the configuration of kube-inject', () => {
    expect(patchOf(admit(review(), '--injectConfigFile', 'config.yaml'))).toContain('"image":"mine:shop"');
  });

  it('a skipped pod is allowed, with the reason; the report has all rules', () => {
    const ran = admit(review({ ...POD, spec: { ...POD.spec, hostNetwork: true } }), '--report');
    expect(ran.code).toBe(0);
    expect(ran.answer?.response.patch).toBeUndefined();
    expect(ran.answer?.response.warnings).toEqual([
      'No sidecar: The pod uses the network of its node (spec.hostNetwork is true). (rule host-network)',
    ]);
    expect(ran.stderr).toContain('Not injected: The pod uses the network of its node');
    const json = admit(review(), '--report=json');
    expect(JSON.parse(json.stderr)).toMatchObject({
      decision: { result: 'injected', decidedBy: 'policy' },
      problems: [],
    });
  });

  it('a refused pod ends with 1, and the message is the one that its creator would see', () => {
    const ran = admit(review({ ...POD, metadata: { annotations: { 'sidecar.istio.io/interceptionMode': 'X' } } }));
    expect(ran.code).toBe(1);
    expect(ran.answer?.response).toMatchObject({ uid: 'u-1', allowed: false });
    expect(ran.answer?.response.status?.message).toContain('interceptionMode invalid');
    expect(ran.stderr).toContain('error ANNOTATION_INVALID');
  });

  it.each([
    ['nothing', '', 1, '400 no body found'],
    ['no JSON', 'a: [', 1, "couldn't decode the AdmissionReview"],
    ['a pod', JSON.stringify(POD), 1, 'no kind "Pod" is registered for version "v1"'],
    [
      'a review without a pod',
      '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u"}}',
      1,
      'no pod in request.object',
    ],
    ['a version of the future', review(POD, 'v7'), 1, 'admission.k8s.io/v7'],
  ])('%s is told', (_title, text, code, message) => {
    const ran = admit(text);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain('error REVIEW_INVALID');
    expect(ran.stderr).toContain(message);
  });

  it('reads standard input, and one review only', () => {
    const folder = folderWith({});
    expect(remora(['admit', '-f', '-'], { in: folder, stdin: review() }).code).toBe(0);
    expect(remora(['admit', '-f', '-', '-f', 'x'], { in: folder }).stderr).toContain(
      'admit answers one review at a time',
    );
    expect(remora(['admit'], { in: folder }).code).toBe(2);
    expect(remora(['admit', '-f', 'missing.json'], { in: folder })).toMatchObject({ code: 1, stdout: '' });
  });
});
