/** Bootstraps of ours as a real Envoy sees them: `envoy --mode validate`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { envoyTool } from '../../scripts/envoy-tool.mjs';
import {
  type BootstrapInput,
  buildBootstrap,
  buildStaticBootstrap,
  type StaticOptions,
} from '../../src/core/envoy/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { FACTS, STATIC } from './facts.ts';

const tool = envoyTool();
const envoy = 'path' in tool ? tool.path : '';
const folder = mkdtempSync(join(tmpdir(), 'remora-envoy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function validate(config: JsonObject): { readonly ok: boolean; readonly said: string } {
  const file = join(folder, 'bootstrap.json');
  writeFileSync(file, JSON.stringify(config));
  const run = spawnSync(envoy, ['--mode', 'validate', '-l', 'warning', '-c', file], { encoding: 'utf8' });
  return { ok: run.status === 0, said: `${run.stdout}${run.stderr}` };
}

function staticConfig(facts: Partial<BootstrapInput>, options: Partial<StaticOptions>): JsonObject {
  const built = buildStaticBootstrap({ ...FACTS, ...facts }, { ...STATIC, ...options });
  if (!built.ok) throw new Error(built.problems[0]?.message);
  return built.value.config;
}

const STATICS: Readonly<Record<string, readonly [Partial<BootstrapInput>, Partial<StaticOptions>]>> = {
  plain: [{}, {}],
  TPROXY: [{}, { tproxy: true }],
  'a log to count from, idle time-out': [
    { env: [...FACTS.env, 'ISTIO_META_IDLE_TIMEOUT=1m30s'] },
    { telemetryLog: '/dev/null' },
  ],
  'IPv6 only': [{ instanceIps: ['2001:db8::1'] }, {}],
  'dual stack': [{ instanceIps: ['10.0.0.1', '2001:db8::1'], features: { ...FACTS.features, dualStack: true } }, {}],
  'no access log': [{}, { accessLog: undefined }],
  'JSON access log, JSON log': [{ logAsJson: true }, { accessLog: { path: '/dev/null', encoding: 'JSON' } }],
  'registry only, exact balance': [{}, { registryOnly: true, exactBalance: true }],
  'PROXY protocol on the health port': [{ features: { ...FACTS.features, statusPortProxyProtocol: true } }, {}],
  'zipkin and statsd': [
    {
      proxyConfig: {
        ...FACTS.proxyConfig,
        tracing: { zipkin: { address: 'zipkin.tracing:9411' } },
        statsdUdpAddress: '10.1.1.1:9125',
      },
    },
    {},
  ],
};

/** Fields of Istio's own bootstrap that Envoy calls deprecated; no others may be. */
const OF_ISTIO =
  /CommonDirectionConfig\.content_type|Cluster\.dns_refresh_rate|Cluster\.respect_dns_ttl|Bootstrap\.tracing/;

describe.skipIf(envoy === '')('a static bootstrap', () => {
  it.each(Object.entries(STATICS))('%s: Envoy accepts it', (_name, [facts, options]) => {
    const { ok, said } = validate(staticConfig(facts, options));
    expect(ok, said).toBe(true);
    const complaints = said.split('\n').filter((line) => /unknown|deprecated/i.test(line));
    expect(complaints.filter((line) => !OF_ISTIO.test(line))).toEqual([]);
  });

  it('is refused once something is wrong in it, so that the check can fail', () => {
    expect(validate({ ...staticConfig({}, {}), no_such_field: 1 }).ok).toBe(false);
  });
});

describe.skipIf(envoy === '')('a bootstrap with a control plane', () => {
  it('is accepted but for what only Istio knows', () => {
    const built = buildBootstrap(FACTS);
    if (!built.ok) throw new Error(built.problems[0]?.message);
    const { ok, said } = validate(built.value.config);
    expect(ok, said).toBe(true);
  });
});
