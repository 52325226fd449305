/** A pod as Istio 1.0 injected it: one port for both directions, the script's rules, flags in place of PROXY_CONFIG. */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { POD, WORLD } from '../netns/namespaces.ts';
import { ENGINES, tellMissing } from './engines.ts';
import { Pod } from './harness.ts';

tellMissing();

const open: Pod[] = [];
afterEach(() => {
  for (const pod of open.splice(0)) pod.close();
});

const FLAGS = [
  ...['--configPath', './etc/istio/proxy', '--binaryPath', '/usr/local/bin/envoy', '--serviceCluster', 'web'],
  ...[
    '--drainDuration',
    '45s',
    '--parentShutdownDuration',
    '1m0s',
    '--discoveryAddress',
    'istio-pilot.istio-system:15007',
  ],
  ...[
    '--discoveryRefreshDelay',
    '1s',
    '--connectTimeout',
    '10s',
    '--proxyAdminPort',
    '15000',
    '--controlPlaneAuthPolicy',
    'NONE',
  ],
];

describe.each(ENGINES)('%s', (engine) => {
  it('carries both directions by one port, and nothing loops', async () => {
    const pod = new Pod({ engine, args: FLAGS, rules: 'none', held: true });
    open.push(pod);
    const script = ['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '8080,', '-d', ''];
    const init = spawnSync(
      'ip',
      [
        'netns',
        'exec',
        pod.network.pod,
        process.execPath,
        'bin/remora',
        'istio-iptables',
        '--compat',
        '1.0',
        ...script,
      ],
      { encoding: 'utf8' },
    );
    expect([init.status, init.stderr]).toEqual([0, expect.any(String)]);
    pod.go();
    await pod.app.ask('serve', { kind: 'http', port: 8080 });
    await pod.world.ask('serve', { kind: 'http', port: 80 });
    await pod.ready();
    const reply = await pod.world.ask<{ status: number; body: string }>('request', {
      host: POD[4],
      port: 8080,
      path: '/early',
    });
    expect(reply.status).toBe(200);
    expect((JSON.parse(reply.body) as { peer: string }).peer).toContain('127.0.0.6');
    expect((await pod.app.ask<{ status: number }>('request', { host: WORLD[4], port: 80 })).status).toBe(200);
    const host = '127.0.0.1:8080';
    const [inbound] = await pod.log(1, ({ upstream_host }) => upstream_host === host);
    expect(inbound).toMatchObject({
      upstream_cluster: 'InboundPassthroughCluster',
      downstream_local_address: `${POD[4]}:8080`,
    });
    const [outbound] = await pod.log(1, ({ upstream_host }) => upstream_host === `${WORLD[4]}:80`);
    expect(outbound).toMatchObject({ upstream_cluster: 'PassthroughCluster' });
    expect(pod.said).toContain('flags without a meaning here: --discoveryRefreshDelay --connectTimeout');
  }, 40_000);
});
