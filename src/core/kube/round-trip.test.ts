import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { roundTrip } from './round-trip.ts';

const KEEP = { unknown: 'keep', creationTimestampNull: false } as const;

function pod(spec: JsonObject, options: Parameters<typeof roundTrip>[2] = KEEP): unknown {
  const typed = roundTrip('core/v1.Pod', { spec }, options);
  return typed.ok ? typed.value.spec : typed.problems[0]?.message;
}

describe('the typed round trip (injection.md 4.12, A.2)', () => {
  it('writes what Go writes though it is empty', () => {
    expect(roundTrip('core/v1.Pod', {}, KEEP)).toMatchObject({
      value: { metadata: {}, spec: { containers: null }, status: {} },
    });
    expect(roundTrip('apps/v1.StatefulSet', {}, KEEP)).toMatchObject({
      value: {
        spec: {
          selector: null,
          serviceName: '',
          template: { metadata: {}, spec: { containers: null } },
          updateStrategy: {},
        },
        status: { availableReplicas: 0, replicas: 0 },
      },
    });
    expect(pod({ containers: [{ name: 'a' }] })).toEqual({ containers: [{ name: 'a', resources: {} }] });
  });

  it('drops zero values, but not those behind a pointer', () => {
    const container = {
      name: 'a',
      stdin: false,
      args: [],
      image: '',
      ports: [{ containerPort: 1, hostPort: 0 }],
      securityContext: { runAsUser: 0, privileged: false },
      livenessProbe: { initialDelaySeconds: 0 },
    };
    expect(pod({ hostNetwork: false, automountServiceAccountToken: false, containers: [container] })).toEqual({
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'a',
          ports: [{ containerPort: 1 }],
          resources: {},
          livenessProbe: {},
          securityContext: { privileged: false, runAsUser: 0 },
        },
      ],
    });
  });

  it('writes quantities canonically, and a divisor always', () => {
    expect(
      pod({
        containers: [
          {
            name: 'a',
            resources: { limits: { memory: '1024Mi', cpu: 2 } },
            env: [{ name: 'E', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }],
          },
        ],
      }),
    ).toEqual({
      containers: [
        {
          name: 'a',
          env: [{ name: 'E', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } }],
          resources: { limits: { cpu: '2', memory: '1Gi' } },
        },
      ],
    });
  });

  it('has the fields in the order of the struct, keys of maps sorted', () => {
    const typed = roundTrip('core/v1.Container', { env: [], image: 'i', name: 'n', tty: true, args: ['a'] }, KEEP);
    expect(typed.ok && Object.keys(typed.value)).toEqual(['name', 'image', 'args', 'resources', 'tty']);
  });

  it('takes a field in other letters, the last of several', () => {
    expect(pod({ containers: [{ NAME: 'a', name: 'b', Name: 'c' }] })).toEqual({
      containers: [{ name: 'c', resources: {} }],
    });
  });

  it('keeps or drops what it does not know', () => {
    const spec = { containers: [], mine: { a: 1 } };
    expect(pod(spec)).toEqual({ containers: [], mine: { a: 1 } });
    expect(pod(spec, { ...KEEP, unknown: 'drop' })).toEqual({ containers: [] });
  });

  it('writes creationTimestamp: null where the release did', () => {
    expect(roundTrip('core/v1.Pod', {}, { ...KEEP, creationTimestampNull: true })).toMatchObject({
      value: { metadata: { creationTimestamp: null } },
    });
  });

  it('writes times in UTC, whole seconds', () => {
    const at = (creationTimestamp: string) => roundTrip('core/v1.Pod', { metadata: { creationTimestamp } }, KEEP);
    expect(at('2020-01-02T03:04:05.678+02:00')).toMatchObject({
      value: { metadata: { creationTimestamp: '2020-01-02T01:04:05Z' } },
    });
    expect(at('yesterday')).toMatchObject({ ok: false, problems: [{ code: 'POD_INVALID' }] });
  });

  it('refuses a value of the wrong type, with its place', () => {
    expect(roundTrip('core/v1.Pod', { spec: { containers: [{ name: 'a', image: 5 }] } }, KEEP)).toMatchObject({
      ok: false,
      problems: [
        {
          message: 'json: cannot unmarshal number into Go struct field Pod.spec.containers.image of type string',
          where: { pointer: '/spec/containers/0/image' },
        },
      ],
    });
  });
});
