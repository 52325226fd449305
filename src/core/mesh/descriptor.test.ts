import { describe, expect, it } from 'vitest';
import { LATEST, type Release } from '../release.ts';
import { enumDescriptor, fieldByInputName, messageDescriptor, messageNames } from './descriptor.ts';
import { zeroOfType, zeroValue } from './message.ts';

const at = (minor: number): Release => ({ minor, patch: 0 });

describe('messageDescriptor', () => {
  it('resolves every message, enum and field of the tables', () => {
    for (const name of messageNames()) {
      for (const field of messageDescriptor(name).fields) {
        if (field.type.kind === 'message') messageDescriptor(field.type.name);
        if (field.type.kind === 'enum') expect(enumDescriptor(field.type.name).names.get(0)).toBeDefined();
      }
    }
  });

  it('has each number and each name once in any release', () => {
    for (let minor = 0; minor <= LATEST.minor; minor++) {
      for (const name of messageNames()) {
        const { fields } = messageDescriptor(name, at(minor));
        expect(new Set(fields.map((field) => field.number)).size, `${name} in 1.${minor}`).toBe(fields.length);
        expect(new Set(fields.map((field) => field.goName)).size).toBe(fields.length);
      }
    }
  });

  it('spells Go names as protoc-gen-go does', () => {
    const mesh = messageDescriptor('MeshConfig');
    expect(mesh.byJsonName.get('meshMTLS')?.goName).toBe('MeshMTLS');
    expect(mesh.byGoName.get('ProxyListenPort')?.name).toBe('proxy_listen_port');
    const zipkin = messageDescriptor('MeshConfig.ExtensionProvider.ZipkinTracingProvider');
    expect(zipkin.byJsonName.get('enable64bitTraceId')?.goName).toBe('Enable_64BitTraceId');
    expect(messageDescriptor('Tracing.Zipkin').goType).toBe('*v1alpha1.Tracing_Zipkin');
    expect(messageDescriptor('ClientTLSSettings').goType).toBe('*v1alpha3.ClientTLSSettings');
  });

  it('knows the oneof of a tracer', () => {
    const [tracer] = messageDescriptor('Tracing').oneofs;
    expect(tracer?.goName).toBe('Tracer');
    expect(tracer?.fields.map((field) => field.goName)).toContain('Zipkin');
  });

  it('changes with the release', () => {
    const kind = (minor: number) => messageDescriptor('ProxyConfig', at(minor)).byGoName.get('Concurrency')?.type.kind;
    expect(kind(0)).toBe('scalar');
    expect(kind(20)).toBe('wrapper');
    expect(messageDescriptor('ProxyConfig', at(5)).byGoName.has('ParentShutdownDuration')).toBe(true);
    expect(messageDescriptor('ProxyConfig').byGoName.has('ParentShutdownDuration')).toBe(false);
  });

  it('finds a field by its camel and its snake name', () => {
    const descriptor = messageDescriptor('ProxyConfig');
    expect(fieldByInputName(descriptor, 'status_port')).toBe(fieldByInputName(descriptor, 'statusPort'));
  });
});

describe('zero values', () => {
  it('are those of the Go struct', () => {
    const fields = messageDescriptor('ProxyConfig').byGoName;
    const zero = (name: string) => {
      const field = fields.get(name);
      return field === undefined ? 'no field' : zeroValue(field);
    };
    expect(zero('ConfigPath')).toBe('');
    expect(zero('StatusPort')).toBe(0);
    expect(zero('InterceptionMode')).toBe('REDIRECT');
    expect(zero('ProxyMetadata')).toEqual({});
    expect(zero('ExtraStatTags')).toEqual([]);
    expect(zero('Tracing')).toBeUndefined();
    expect(zero('Concurrency')).toBeUndefined();
    expect(zero('ServiceCluster')).toBeUndefined();
  });

  it('of a getter on nil are the plain zero', () => {
    const concurrency = messageDescriptor('ProxyConfig').byGoName.get('Concurrency');
    expect(concurrency && zeroOfType(concurrency.type)).toBe(0);
  });
});
