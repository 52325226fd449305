import { describe, expect, it } from 'vitest';
import { type AgentSurroundings, readAgentFlags, readSettings } from './index.ts';

const AROUND: AgentSurroundings = {
  environment: { POD_NAME: 'web-0', POD_NAMESPACE: 'shop', INSTANCE_IP: '10.1.0.7' },
  labelsFile: undefined,
  annotationsFile: undefined,
  meshFile: undefined,
  interfaces: [],
  version: '1.2.3',
};

function settings(words: readonly string[], more: Partial<AgentSurroundings> = {}) {
  const flags = readAgentFlags(words);
  if (!flags.ok) throw new Error(flags.problems[0]?.message);
  return readSettings(flags.value, { ...AROUND, ...more });
}

describe('readSettings', () => {
  it('names the node after the pod', () => {
    const read = settings(['sidecar']);
    expect(read.problems).toEqual([]);
    expect(read.ok && read.value.bootstrap.nodeId).toBe('sidecar~10.1.0.7~web-0.shop~shop.svc.cluster.local');
  });

  it.each([
    ['ISTIO_BOOTSTRAP', [], { ISTIO_BOOTSTRAP: '/mine.json' }],
    ['--templateFile', ['--templateFile', '/mine.json'], {}],
    ['proxyBootstrapTemplatePath', [], { PROXY_CONFIG: '{"proxyBootstrapTemplatePath":"/mine.json"}' }],
  ])('says that a template of %s is not used', (place, words, environment) => {
    const read = settings(words, { environment: { ...AROUND.environment, ...environment } });
    expect(read.ok).toBe(true);
    expect(read.problems.map(({ severity, message }) => [severity, message])).toEqual([
      [
        'warning',
        `${place} names the bootstrap template /mine.json, which is not used: the bootstrap is built without a template`,
      ],
    ]);
  });

  it('tells what is wrong with the mesh file once', () => {
    const read = settings([], { meshFile: 'connectTimeout: 42s' });
    const messages = read.problems.map(({ message }) => message);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('invalid connect timeout');
  });
});
