import { describe, expect, it } from 'vitest';
import { folderWith, type Ran, remora } from './remora.ts';

const FACTS = { nodeId: 'sidecar~10.0.0.1~a.b~c', instanceIPs: ['10.0.0.1'], proxyConfig: { proxyAdminPort: 15000 } };

function bootstrap(text: string, ...args: readonly string[]): Ran {
  return remora(['proxy', 'bootstrap', '--config', 'pod.json', ...args], { in: folderWith({ 'pod.json': text }) });
}

describe('remora proxy bootstrap', () => {
  it('prints JSON for the facts, bare or as the input of a document', () => {
    const bare = bootstrap(JSON.stringify(FACTS));
    expect(bare).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(bare.stdout)).toMatchObject({ node: { id: FACTS.nodeId, cluster: 'istio-proxy' } });
    expect(bootstrap(JSON.stringify({ name: 'x', input: FACTS })).stdout).toBe(bare.stdout);
  });

  it('prints the first generation for release 1.0', () => {
    const early = {
      ...FACTS,
      release: '1.0.2',
      proxyConfig: { serviceCluster: 'web', discoveryAddress: 'pilot:15007' },
    };
    expect(JSON.parse(bootstrap(JSON.stringify(early)).stdout)).toMatchObject({
      node: { cluster: 'web', metadata: { istio: 'sidecar' } },
      static_resources: { clusters: [{ hosts: [{ socket_address: { address: 'pilot', port_value: 15010 } }] }] },
    });
  });

  it('warns on standard error and prints all the same', () => {
    const ran = bootstrap(JSON.stringify({ ...FACTS, annotationsFile: 'a=b' }));
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('warning AGENT_CONFIG_INVALID');
  });

  it('refuses what is wrong with exit code 1, and a wrong command line with 2', () => {
    for (const text of ['{', '[]', '{}', '{"nodeId":"a","proxyConfig":{"statsdUdpAddress":"x"}}']) {
      const ran = bootstrap(text);
      expect(ran, text).toMatchObject({ code: 1, stdout: '' });
      expect(ran.stderr).toContain('error AGENT_CONFIG_INVALID');
    }
    expect(remora(['proxy', 'bootstrap'], { in: folderWith() }).code).toBe(2);
    expect(bootstrap(JSON.stringify(FACTS), 'operand').code).toBe(2);
    expect(remora(['proxy', 'bootstrap', '--config', 'none.json'], { in: folderWith() }).code).toBe(1);
  });
});
