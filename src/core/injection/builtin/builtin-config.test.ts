import { describe, expect, it } from 'vitest';
import { getKey, isArray, isObject, type JsonObject, type JsonValue } from '../../json.ts';
import { LATEST } from '../../release.ts';
import { inject } from '../inject.ts';
import { loadInjectionConfig } from '../load-config.ts';
import type { InjectionContext } from '../model.ts';
import { type BuiltinOptions, builtinConfig } from './builtin-config.ts';

const AT: InjectionContext = {
  path: 'kube-inject',
  owner: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'demo-red', namespace: '' },
  requestNamespace: '',
  revision: '',
  proxyEnvs: new Map(),
  nativeSidecars: 'false',
  platform: '',
  compliancePolicy: '',
  host: {},
};

function load(options: Partial<BuiltinOptions> = {}) {
  const loaded = loadInjectionConfig({ ...builtinConfig({ tag: '1.2.3', ...options }), release: LATEST });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  expect(loaded.problems).toEqual([]);
  return loaded.value;
}

function demoRed(annotations: JsonObject = {}): JsonObject {
  return {
    metadata: { labels: { app: 'demo-red', version: 'version-red' }, annotations },
    spec: {
      containers: [
        {
          name: 'demo-red',
          image: 'example/demo:red',
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { path: '/healthz', port: 80 } },
          resources: {},
        },
      ],
    },
  };
}

function injected(pod: JsonObject, options: Partial<BuiltinOptions> = {}, at: Partial<InjectionContext> = {}) {
  const outcome = inject(pod, { ...AT, ...at }, load(options));
  if (outcome.kind !== 'injected') throw new Error(`${outcome.kind}: ${JSON.stringify(outcome.problems)}`);
  return outcome.pod;
}

/** `value.spec.containers` for `at(value, 'spec', 'containers')`; list items also by their name. */
function at(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((current, key) => {
    if (isArray(current)) return current.find((item) => isObject(item) && getKey(item, 'name') === key);
    return isObject(current) ? getKey(current, key) : undefined;
  }, value);
}

const proxy = (pod: JsonObject, ...path: readonly string[]) => at(pod, 'spec', 'containers', 'istio-proxy', ...path);
const init = (pod: JsonObject, ...path: readonly string[]) => at(pod, 'spec', 'initContainers', 'istio-init', ...path);

/** The argument of istio-iptables behind a flag. */
function flag(pod: JsonObject, name: string): JsonValue | undefined {
  const args = init(pod, 'args');
  if (!isArray(args) || !args.includes(name)) return undefined;
  return args[args.indexOf(name) + 1];
}

describe('the built-in configuration', () => {
  it('injects a pod without any option but a tag', () => {
    const pod = injected(demoRed());
    expect(proxy(pod, 'image')).toBe('remora/proxy:1.2.3');
    expect(init(pod, 'image')).toBe('remora/init:1.2.3');
    expect(at(pod, 'metadata', 'labels')).toEqual({
      app: 'demo-red',
      version: 'version-red',
      'service.istio.io/canonical-name': 'demo-red',
      'service.istio.io/canonical-revision': 'version-red',
    });
    expect(at(pod, 'metadata', 'annotations', 'kubectl.kubernetes.io/default-container')).toBe('demo-red');
    expect(proxy(pod, 'env', 'ISTIO_META_POD_PORTS', 'value')).toBe('[{"containerPort":80}]');
    expect(at(pod, 'spec', 'containers', 'demo-red', 'livenessProbe', 'httpGet', 'path')).toBe(
      '/app-health/demo-red/livez',
    );
  });

  it('works with every release that has native sidecars in its templates', () => {
    for (const minor of [27, 28, 29, 30, 31, 32]) {
      const cfg = loadInjectionConfig({ ...builtinConfig({ tag: '1' }), release: { minor, patch: 0 } });
      expect(cfg.ok && inject(demoRed(), AT, cfg.value).kind, `1.${minor}`).toBe('injected');
    }
  });

  it('is idempotent', () => {
    for (const native of ['false', 'true'] as const) {
      const once = injected(demoRed(), {}, { nativeSidecars: native });
      expect(injected(once, {}, { nativeSidecars: native })).toEqual(once);
    }
  });

  it('takes images as hub and tag, as names and whole', () => {
    const hub = injected(demoRed(), { hub: 'example/mesh', proxyImage: 'sidecar' });
    expect([proxy(hub, 'image'), init(hub, 'image')]).toEqual([
      'example/mesh/sidecar:1.2.3',
      'example/mesh/init:1.2.3',
    ]);
    const whole = injected(demoRed(), { proxyImage: 'proxy:dev', initImage: 'example/init@sha256:0' });
    expect([proxy(whole, 'image'), init(whole, 'image')]).toEqual(['proxy:dev', 'example/init@sha256:0']);
  });

  it('mounts nothing that only istiod gives', () => {
    const volumes = at(injected(demoRed()), 'spec', 'volumes');
    expect(isArray(volumes) && volumes.flatMap((v) => (isObject(v) ? Object.keys(v) : []))).toEqual(
      expect.not.arrayContaining(['configMap', 'secret', 'projected']),
    );
  });

  it('lays values over its own', () => {
    const pod = injected(demoRed(), {
      values: { global: { proxy: { resources: null, includeIPRanges: '10.0.0.0/8' }, imagePullSecrets: ['pull'] } },
    });
    expect(proxy(pod, 'resources')).toEqual({});
    expect(flag(pod, '-i')).toBe('10.0.0.0/8');
    expect(at(pod, 'spec', 'imagePullSecrets')).toEqual([{ name: 'pull' }]);
  });

  it('puts the sidecar among the init containers where Kubernetes can keep it running', () => {
    const pod = injected(demoRed(), {}, { nativeSidecars: 'true' });
    expect(proxy(pod)).toBeUndefined();
    expect(at(pod, 'spec', 'initContainers', 'istio-proxy', 'restartPolicy')).toBe('Always');
    expect(at(pod, 'spec', 'initContainers', 'istio-proxy', 'lifecycle', 'preStop')).toBeDefined();
    const declined = injected(demoRed({ 'sidecar.istio.io/nativeSidecar': 'false' }), {}, { nativeSidecars: 'true' });
    expect(proxy(declined)).toBeDefined();
  });
});

describe('annotations that the built-in template honours', () => {
  const sidecar: readonly (readonly [annotation: string, value: string, path: readonly string[], want: JsonValue])[] = [
    ['proxyImage', 'example/p:1', ['image'], 'example/p:1'],
    ['proxyImageType', 'debug', ['image'], 'remora/proxy:1.2.3-debug'],
    ['proxyCPU', '5m', ['resources'], { requests: { cpu: '5m' } }],
    ['proxyMemory', '9Mi', ['resources'], { requests: { memory: '9Mi' } }],
    ['proxyCPULimit', '7', ['resources'], { limits: { cpu: '7' } }],
    ['proxyMemoryLimit', '8Gi', ['resources'], { limits: { memory: '8Gi' } }],
    [
      'bootstrapOverride',
      'boot',
      ['env', 'ISTIO_BOOTSTRAP_OVERRIDE'],
      {
        name: 'ISTIO_BOOTSTRAP_OVERRIDE',
        value: '/etc/istio/custom-bootstrap/custom_bootstrap.json',
      },
    ],
    ['userVolumeMount', '{"v":{"mountPath":"/v"}}', ['volumeMounts', 'v'], { name: 'v', mountPath: '/v' }],
    ['capNetBindService', 'true', ['securityContext', 'capabilities', 'add'], ['NET_BIND_SERVICE']],
    ['interceptionMode', 'TPROXY', ['securityContext', 'capabilities', 'add'], ['NET_ADMIN']],
    ['interceptionMode', 'TPROXY', ['securityContext', 'runAsUser'], 0],
  ];
  it.each(sidecar)('sidecar.istio.io/%s: %s', (annotation, value, path, want) => {
    expect(proxy(injected(demoRed({ [`sidecar.istio.io/${annotation}`]: value })), ...path)).toEqual(want);
  });

  it.each([
    ['sidecar.istio.io/logLevel', 'debug', '--proxyLogLevel=debug'],
    ['sidecar.istio.io/componentLogLevel', 'misc:info', '--proxyComponentLogLevel=misc:info'],
    ['sidecar.istio.io/agentLogLevel', 'dns:debug', '--log_output_level=dns:debug'],
  ])('%s: %s', (annotation, value, argument) => {
    expect(proxy(injected(demoRed({ [annotation]: value })), 'args')).toContain(argument);
  });

  it.each([
    ['sidecar.istio.io/interceptionMode', 'TPROXY', '-m', 'TPROXY'],
    ['traffic.sidecar.istio.io/includeOutboundIPRanges', '10.0.0.0/8', '-i', '10.0.0.0/8'],
    ['traffic.sidecar.istio.io/excludeOutboundIPRanges', '10.1.0.0/16', '-x', '10.1.0.0/16'],
    ['traffic.sidecar.istio.io/includeInboundPorts', '80,81', '-b', '80,81'],
    ['traffic.sidecar.istio.io/excludeInboundPorts', '82', '-d', '15090,15021,82,15020'],
    ['traffic.sidecar.istio.io/includeOutboundPorts', '443', '-q', '443'],
    ['traffic.sidecar.istio.io/excludeOutboundPorts', '3306', '-o', '3306'],
    ['traffic.sidecar.istio.io/kubevirtInterfaces', 'net1', '-k', 'net1'],
    ['istio.io/reroute-virtual-interfaces', 'net2', '-k', 'net2'],
    ['traffic.sidecar.istio.io/excludeInterfaces', 'eth1', '-c', 'eth1'],
    ['status.sidecar.istio.io/port', '15099', '-d', '15090,15021,15099'],
  ])('%s: %s', (annotation, value, name, want) => {
    expect(flag(injected(demoRed({ [annotation]: value })), name)).toBe(want);
  });

  it('readiness, user volumes, and no probe without a status port', () => {
    const pod = injected(
      demoRed({
        'readiness.status.sidecar.istio.io/initialDelaySeconds': '3',
        'readiness.status.sidecar.istio.io/periodSeconds': '4',
        'readiness.status.sidecar.istio.io/failureThreshold': '5',
        'sidecar.istio.io/userVolume': '{"v":{"hostPath":{"path":"/v"}}}',
      }),
    );
    expect(proxy(pod, 'readinessProbe')).toMatchObject({
      initialDelaySeconds: 3,
      periodSeconds: 4,
      failureThreshold: 5,
    });
    expect(at(pod, 'spec', 'volumes', 'v')).toEqual({ name: 'v', hostPath: { path: '/v' } });
    expect(proxy(injected(demoRed({ 'status.sidecar.istio.io/port': '0' })), 'readinessProbe')).toBeUndefined();
  });

  it('holds the application, by annotation or by values', () => {
    const annotated = injected(demoRed({ 'proxy.istio.io/config': 'holdApplicationUntilProxyStarts: true' }));
    const byValues = injected(demoRed(), { values: { global: { proxy: { holdApplicationUntilProxyStarts: true } } } });
    for (const pod of [annotated, byValues]) {
      expect(at(pod, 'spec', 'containers')).toMatchObject([{ name: 'istio-proxy' }, { name: 'demo-red' }]);
      expect(proxy(pod, 'lifecycle', 'postStart')).toBeDefined();
    }
  });
});

describe('Pod Security Standards', () => {
  const restricted = {
    allowPrivilegeEscalation: false,
    privileged: false,
    runAsNonRoot: true,
    runAsUser: 1337,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };

  it('restricted holds for all that is injected without capture, and with the CNI plugin', () => {
    const none = injected(demoRed({ 'sidecar.istio.io/interceptionMode': 'NONE' }));
    expect(at(none, 'spec', 'initContainers')).toBeUndefined();
    expect(proxy(none, 'securityContext')).toMatchObject(restricted);
    const cni = injected(demoRed(), { values: { pilot: { cni: { enabled: true } } } });
    expect(proxy(cni, 'securityContext')).toMatchObject(restricted);
    expect(at(cni, 'spec', 'initContainers', 'istio-validation', 'securityContext')).toMatchObject(restricted);
    expect(at(cni, 'spec', 'initContainers', 'istio-validation', 'securityContext', 'capabilities')).toEqual({
      drop: ['ALL'],
    });
    expect(injected(cni, { values: { pilot: { cni: { enabled: true } } } })).toEqual(cni);
  });

  it('istio-init asks for what writing rules needs, and for nothing else', () => {
    expect(init(injected(demoRed()), 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
      runAsNonRoot: false,
      runAsUser: 0,
      runAsGroup: 0,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });
});
