import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LATEST, type Release } from '../release.ts';
import { parseMeshConfig } from './mesh-config.ts';
import { proxyConfigToJson } from './proxy-config-json.ts';

const UNIT = `${process.env.REMORA_CORPUS ?? '../shared/corpus'}/injection/head/unit.json`;

function text(defaultConfig: unknown, release: Release = LATEST): string {
  const mesh = parseMeshConfig(JSON.stringify({ defaultConfig }), { release });
  if (!mesh.ok) throw new Error(mesh.problems[0]?.message);
  return proxyConfigToJson(mesh.value.defaultConfig ?? {}, release);
}

type Row = { readonly name: string; readonly proxyConfigOverDefaults: unknown; readonly want: unknown };

describe.skipIf(!existsSync(UNIT))('cleanProxyConfig of the corpus', () => {
  const rows: readonly Row[] = existsSync(UNIT) ? JSON.parse(readFileSync(UNIT, 'utf8')).cleanProxyConfig : [];
  it.each(rows)('$name', ({ proxyConfigOverDefaults, want }) => {
    expect(text(proxyConfigOverDefaults)).toBe(JSON.stringify(want));
  });
});

describe('proxyConfigToJson', () => {
  it('is empty for the defaults of every release', () => {
    for (let minor = 7; minor <= LATEST.minor; minor++) expect(text({}, { minor, patch: 0 })).toBe('{}');
  });

  it('writes fields in the order of the Go struct and keys of maps sorted', () => {
    const given = {
      proxyMetadata: { b: '<2>', '10': 'x', '9': 'y' },
      terminationDrainDuration: '1.5s',
      tracing: {},
      concurrency: 0,
      interceptionMode: 'TPROXY',
      holdApplicationUntilProxyStarts: false,
      discoveryAddress: 'foo:123',
      image: { imageType: 'debug' },
    };
    expect(text(given)).toBe(
      '{"discoveryAddress":"foo:123","concurrency":0,"interceptionMode":"TPROXY","tracing":{},' +
        '"proxyMetadata":{"10":"x","9":"y","b":"\\u003c2\\u003e"},"terminationDrainDuration":"1.500s",' +
        '"holdApplicationUntilProxyStarts":false,"image":{"imageType":"debug"}}',
    );
  });

  it('writes wrappers that are zero, but no scalars and enums that are', () => {
    expect(text({ concurrency: 0, interceptionMode: 'REDIRECT', meshId: '', proxyMetadata: {} })).toBe(
      '{"concurrency":0}',
    );
  });

  it('compares with the defaults of the release', () => {
    const zipkin = { tracing: { zipkin: { address: 'zipkin.istio-system:9411' } } };
    expect(text(zipkin, { minor: 20, patch: 0 })).toBe('{}');
    expect(text(zipkin)).toBe('{"tracing":{"zipkin":{"address":"zipkin.istio-system:9411"}}}');
    expect(text({ concurrency: 2 }, { minor: 14, patch: 0 })).toBe('{}');
    expect(text({ concurrency: 2 })).toBe('{"concurrency":2}');
    expect(text({ parentShutdownDuration: '90s' }, { minor: 14, patch: 0 })).toBe('{"parentShutdownDuration":"90s"}');
  });

  it('writes the name of the tracing service in place of the cluster', () => {
    expect(text({ tracingServiceName: 'CANONICAL_NAME_ONLY' })).toBe('{"tracingServiceName":"CANONICAL_NAME_ONLY"}');
  });
});
