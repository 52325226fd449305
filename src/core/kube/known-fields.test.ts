import { describe, expect, it } from 'vitest';
import { dropUnknown } from './known-fields.ts';

const pod = (container: object) => ({ spec: { initContainers: [{ name: 'istio-init', ...container }] } });

describe('fields that a release did not have', () => {
  it.each([
    ['restartPolicy: Always of an ordinary container, up to 1.17', pod({ restartPolicy: 'Always' }), 17, pod({})],
    ['which 1.20 has', pod({ restartPolicy: 'Always' }), 20, pod({ restartPolicy: 'Always' })],
    [
      'securityContext.restartPolicy, which no release has',
      pod({ securityContext: { restartPolicy: 'Always', runAsUser: 0 } }),
      30,
      pod({ securityContext: { runAsUser: 0 } }),
    ],
    [
      "a container's securityContext.fsGroup, which no release has",
      pod({ securityContext: { fsGroup: 1337 } }),
      30,
      pod({ securityContext: {} }),
    ],
    ['startupProbe, before Kubernetes 1.16', pod({ startupProbe: { exec: {} } }), 3, pod({})],
    ['startupProbe, from then on', pod({ startupProbe: { exec: {} } }), 5, pod({ startupProbe: { exec: {} } })],
    ['grpc probes, before 1.23', pod({ livenessProbe: { grpc: { port: 1 } } }), 12, pod({ livenessProbe: {} })],
    [
      'grpc probes, from then on',
      pod({ livenessProbe: { grpc: { port: 1 } } }),
      13,
      pod({ livenessProbe: { grpc: { port: 1 } } }),
    ],
    ['resizePolicy, before 1.27', pod({ resizePolicy: [] }), 17, pod({})],
  ])('%s', (_name, given, minor, expected) => {
    expect(dropUnknown('core/v1.Pod', given, minor)).toEqual(expected);
  });

  it('keeps directives and what stands in maps of strings', () => {
    const given = { metadata: { labels: { anything: 'x' } }, spec: { $setElementOrder: [], $patch: 'replace' } };
    expect(dropUnknown('core/v1.Pod', given, 20)).toBe(given);
  });

  it('keeps every known field for a release that is newer than the table', () => {
    const given = pod({ restartPolicy: 'Always', restartPolicyRules: [], volumeMounts: [{ bindMountOptions: [] }] });
    expect(dropUnknown('core/v1.Pod', given, 99)).toBe(given);
  });
});
