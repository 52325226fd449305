/** Names of a pod with DNS capture, and of one without. */
import { afterEach, describe, expect, it } from 'vitest';
import { POD, WORLD } from '../netns/namespaces.ts';
import { ENGINES, tellMissing } from './engines.ts';
import { Pod } from './harness.ts';

tellMissing();

const open: Pod[] = [];
afterEach(() => {
  for (const pod of open.splice(0)) pod.close();
});

type Asked = { readonly asked: number; readonly callers: readonly string[] };

async function pod(init: readonly string[], env: Readonly<Record<string, string>>): Promise<Pod> {
  const resolvConf = `nameserver ${WORLD[4]}\nnameserver ${WORLD[6]}\nsearch shop.svc.cluster.local\n`;
  const made = new Pod({ engine: 'embedded', init, env, resolvConf });
  open.push(made);
  await made.world.ask('dns', { host: WORLD[4] });
  await made.world.ask('dns', { host: WORLD[6] });
  return made.ready();
}

describe.runIf(ENGINES.length > 0)('names', () => {
  it('are resolved through the agent, by UDP and TCP, over IPv4 and IPv6', async () => {
    const captured = await pod(['--redirect-dns'], { ISTIO_META_DNS_CAPTURE: 'true' });
    const answers = [];
    for (const server of [WORLD[4], `[${WORLD[6]}]`]) {
      answers.push(await captured.app.ask('resolve', { server, name: 'web.example' }));
    }
    for (const server of [WORLD[4], WORLD[6]]) {
      answers.push(await captured.app.ask('resolveTcp', { server, name: 'web.example' }));
    }
    expect(answers).toEqual([['192.0.2.77'], ['192.0.2.77'], '192.0.2.77', '192.0.2.77']);
    const metrics = await captured.metrics();
    expect(metrics).toContain('istio_agent_dns_requests_total 4\n');
    expect(metrics).toContain('istio_agent_dns_upstream_failures_total 0\n');
    expect((await captured.world.ask<Asked>('asked')).asked).toBe(4);
  }, 40_000);

  it('are left alone without capture', async () => {
    const plain = await pod([], {});
    expect(await plain.app.ask('resolve', { server: WORLD[4], name: 'web.example' })).toEqual(['192.0.2.77']);
    const { callers } = await plain.world.ask<Asked>('asked');
    expect(callers).toEqual([`${POD[4]} udp`]);
    expect(await plain.metrics()).not.toContain('istio_agent_dns');
    expect(await plain.log(0, ({ upstream_host }) => String(upstream_host).endsWith(':53'))).toEqual([]);
  }, 40_000);

  it('are gone where capture is on and the agent was not told', async () => {
    // What the rules alone do: the reason why the agent must have the proxy.
    const captured = await pod(['--redirect-dns'], {});
    await expect(captured.app.ask('resolve', { server: WORLD[4], name: 'web.example' })).rejects.toThrow();
  }, 40_000);
});
