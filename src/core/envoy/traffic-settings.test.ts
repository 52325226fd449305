import { describe, expect, it } from 'vitest';
import { readTrafficSettings } from './index.ts';

const read = (mesh: string | undefined, env: Record<string, string> = {}) => {
  const settings = readTrafficSettings(mesh, env);
  if (!settings.ok) throw new Error(settings.problems[0]?.message);
  return settings.value;
};

describe('readTrafficSettings', () => {
  it('logs nothing and lets everything out where nobody says anything', () => {
    expect(read(undefined)).toEqual({
      outboundPort: 15001,
      inboundPort: 15006,
      registryOnly: false,
      detectionTimeout: '5s',
      accessLog: undefined,
    });
  });

  it('takes the mesh file', () => {
    const mesh =
      'accessLogFile: /dev/stdout\naccessLogEncoding: JSON\noutboundTrafficPolicy: {mode: REGISTRY_ONLY}\nprotocolDetectionTimeout: 100ms\nproxyListenPort: 15101\n';
    expect(read(mesh)).toMatchObject({
      outboundPort: 15101,
      registryOnly: true,
      detectionTimeout: '0.100s',
      accessLog: { path: '/dev/stdout', encoding: 'JSON' },
    });
    expect(read('outboundTrafficPolicy: {mode: ALLOW_ANY}\nprotocolDetectionTimeout: 0s\n')).toMatchObject({
      registryOnly: false,
      detectionTimeout: '5s',
    });
  });

  it('takes variables before it', () => {
    const env = { REMORA_ACCESS_LOG_FILE: '/tmp/log', REMORA_ACCESS_LOG_FORMAT: '%PROTOCOL%' };
    expect(read('accessLogFile: /dev/stdout\n', env).accessLog).toEqual({
      path: '/tmp/log',
      encoding: 'TEXT',
      format: '%PROTOCOL%',
    });
    expect(read('accessLogFile: /dev/stdout\n', { REMORA_ACCESS_LOG_FILE: '' }).accessLog).toBeUndefined();
  });

  it('refuses a mesh file that is none', () => {
    expect(readTrafficSettings('accessLogFile: [', {}).ok).toBe(false);
  });
});
