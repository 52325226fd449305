/**
 * Rules on a real kernel. Needs root, iproute2, iptables, nftables and python3; `npm test` installs them on Debian.
 * REMORA_NETNS_CONFIGS and REMORA_NETNS_SEED set how much of the differential proof is run, and on what.
 */
import { readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CaptureConfig,
  captureConfigFromJson,
  DEFAULT_CAPTURE_CONFIG,
  RULE_KINDS,
} from '../../src/core/capture/index.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { CORPUS, hasCorpus, readCorpus } from '../conformance/corpus.ts';
import { runDifferential } from './differential.ts';
import { runInterrupted } from './interrupted.ts';
import { BACK_ENDS, type BackEnd, load, planFor, readBack, take } from './kernel-rules.ts';
import { missingForNetns, Network, POD, type Seen, WORLD } from './namespaces.ts';
import { runScripts, runStates } from './state.ts';

const strict = process.env.REMORA_STRICT === '1';
const missing = missingForNetns();
const seed = Number(process.env.REMORA_NETNS_SEED ?? Date.now() % 2 ** 31);
const configurations = Number(process.env.REMORA_NETNS_CONFIGS ?? (strict ? 220 : 30));
const PACKETS = 25;

if (missing !== undefined) {
  describe('netns', () => {
    if (strict) it('can run here', () => expect.fail(`not run: ${missing}`));
    else it.skip(`not run: ${missing}`, () => {});
  });
}

const USUAL: CaptureConfig = {
  ...DEFAULT_CAPTURE_CONFIG,
  inboundPortsInclude: '*',
  inboundPortsExclude: '15020,15021,15090',
  outboundIpRangesInclude: '*',
  outboundPortsExclude: '15020',
  enableIpv6: true,
};

describe.runIf(missing === undefined)('rules on a kernel', () => {
  describe.runIf(hasCorpus('capture'))('every rule set of the corpus loads and is read back as planned', () => {
    const cases = ['iptables', 'nftables'].flatMap((group) =>
      readdirSync(join(CORPUS, 'capture', group))
        .filter((file) => file.endsWith('.json'))
        .map((file) => [group, file] as const),
    );
    it('has cases', () => expect(cases.length).toBeGreaterThan(30));
    it.each(cases)('%s/%s', (group, file) => {
      // Groups of the upstream tests that no machine has.
      const text = readCorpus('capture', group, file).replaceAll('java', '1111').replaceAll('ftp', '2222');
      const config = take(captureConfigFromJson((JSON.parse(text) as { config: JsonValue }).config));
      for (const backEnd of BACK_ENDS) {
        const network = new Network();
        try {
          const plan = planFor(config, backEnd);
          load(network, plan, backEnd);
          expect(readBack(network, plan, backEnd).rules.length).toBeGreaterThan(0);
        } finally {
          network.close();
        }
      }
    });
  });

  describe.each(BACK_ENDS)('REDIRECT by %s', (backEnd) => {
    it.each([4, 6] as const)('IPv%s: who reaches what', async (family) => {
      await withPod(USUAL, backEnd, async ({ dial }) => {
        const pod = POD[family];
        const world = WORLD[family];
        const app = { uid: 1000, gid: 1000 };
        const proxy = { uid: 1337, gid: 1337 };
        const own = family === 4 ? '127.0.0.6' : '::6';
        const loop = family === 4 ? '127.0.0.1' : '::1';
        expect(await dial('world', family, [pod, 8080])).toMatchObject({
          port: 15006,
          original: [pod, 8080],
          local: [pod, 15006],
        });
        expect(await dial('world', family, [pod, 443])).toMatchObject({ port: 15006, original: [pod, 443] });
        expect(await dial('world', family, [pod, 15021])).toMatchObject({ port: 15021 });
        expect(await dial('world', family, [pod, 15008])).toMatchObject({ port: 15008 });
        expect(await dial('pod', family, [world, 9000], app)).toMatchObject({
          port: 15001,
          original: [world, 9000],
          local: [loop, 15001],
        });
        expect(await dial('pod', family, [world, 15020], app)).toMatchObject({ label: 'WORLD' });
        expect(await dial('pod', family, [world, 9000], proxy)).toMatchObject({ label: 'WORLD' });
        expect(await dial('pod', family, [world, 9000], { uid: 1000, gid: 1337 })).toMatchObject({ label: 'WORLD' });
        expect(await dial('pod', family, [loop, 8080], app)).toMatchObject({ label: 'POD', port: 8080 });
        expect(await dial('pod', family, [pod, 8080], app)).toMatchObject({ label: 'POD', port: 8080 });
        expect(await dial('pod', family, [pod, 8080], proxy)).toMatchObject({ port: 15006, original: [pod, 8080] });
        expect(await dial('pod', family, [pod, 8080], { ...proxy, source: own })).toMatchObject({
          port: 8080,
          peer: own,
        });
        expect(await dial('pod', family, [own, 15002], { ...proxy, source: loop })).toMatchObject({ port: 15006 });
      });
    });
  });

  describe.each(BACK_ENDS)('TPROXY by %s', (backEnd) => {
    it.each([4, 6] as const)('IPv%s: addresses are kept', async (family) => {
      await withPod({ ...USUAL, inboundInterceptionMode: 'TPROXY' }, backEnd, async ({ dial }) => {
        const pod = POD[family];
        const world = WORLD[family];
        const proxy = { uid: 0, gid: 1337 };
        expect(await dial('world', family, [pod, 8080])).toMatchObject({
          port: 15006,
          local: [pod, 8080],
          peer: world,
        });
        expect(await dial('world', family, [pod, 15021])).toMatchObject({ port: 15021 });
        expect(await dial('pod', family, [world, 9000], { uid: 1000, gid: 1000 })).toMatchObject({ port: 15001 });
        expect(await dial('pod', family, [world, 9000], proxy)).toMatchObject({ label: 'WORLD' });
        expect(await dial('pod', family, [pod, 8080], proxy)).toMatchObject({ port: 15006, local: [pod, 8080] });
        const inName = { ...proxy, source: world, mark: 1337, transparent: true };
        expect(await dial('pod', family, [pod, 8080], inName)).toMatchObject({ port: 8080, peer: world });
        expect(await dial('pod', family, [pod, 8080], { uid: 1000, gid: 1000 })).toMatchObject({ port: 8080 });
      });
    });
  });

  describe.each(BACK_ENDS)('DNS by %s', (backEnd) => {
    it.each([4, 6] as const)(
      'IPv%s: queries go to the agent, and answers seem to come from the server',
      async (family) => {
        await withPod({ ...USUAL, redirectDns: true, captureAllDns: true }, backEnd, async ({ dial }) => {
          const to = [WORLD[family], 53] as const;
          const ask = (ids: { uid: number; gid: number }): Promise<Seen> => dial('pod', family, to, ids, 'udp');
          expect(await ask({ uid: 1000, gid: 1000 })).toMatchObject({ label: 'POD', port: 15053 });
          expect(await ask({ uid: 1337, gid: 1337 })).toMatchObject({ label: 'WORLD', port: 53 });
          expect(await ask({ uid: 1000, gid: 1337 })).toMatchObject({ label: 'WORLD', port: 53 });
        });
      },
    );
  });

  it.each(BACK_ENDS)('drop-invalid by %s drops a segment that opens and ends at once', async (backEnd) => {
    await withPod({ ...USUAL, dropInvalid: true }, backEnd, async ({ network, world }) => {
      const SYN_FIN = 3;
      await world.rawTcp(WORLD[4], [POD[4], 8080], SYN_FIN);
      const listed =
        backEnd === 'native'
          ? network.inPod(['nft', 'list', 'chain', 'inet', 'istio-proxy-mangle', 'istio-drop'])
          : network.inPod([`iptables-${backEnd}`, '-t', 'mangle', '-nvxL', 'ISTIO_DROP']);
      expect(listed).toMatch(backEnd === 'native' ? /counter packets 1 / : /^\s+1\s+\d+ DROP/m);
    });
  });

  it(`the simulator agrees with the kernel (seed ${seed})`, async () => {
    const report = await runDifferential(configurations, PACKETS, seed);
    const unseen = RULE_KINDS.filter(
      (kind) => kind !== 'foreign' && kind !== 'restrict-ipv6' && !report.hits.has(kind),
    );
    say(
      `netns differential: seed ${report.seed}, ${report.pairs} pairs over ${report.configurations} configurations, ${report.disagreements.length} disagreements; kinds of rules hit: ${report.hits.size}, not hit: ${unseen.join(', ') || 'none'}`,
    );
    expect(report.disagreements.slice(0, 5).join('\n')).toBe('');
    expect(report.pairs).toBeGreaterThan(configurations * PACKETS * 0.8);
    if (configurations >= 200) expect(unseen).toEqual([]);
  }, 900_000);

  it('a run that is killed at any moment is repaired by the next', async () => {
    const rounds = strict ? 200 : 20;
    const report = await runInterrupted(rounds, seed);
    say(`netns interrupted: seed ${seed}, ${report.rounds} rounds, ${report.killed} killed while running`);
    expect(report.broken.slice(0, 5).join('\n')).toBe('');
    expect(report.killed).toBeGreaterThan(rounds / 2);
  }, 900_000);
});

describe.runIf(missing === undefined && hasCorpus('capture'))('the corpus on a kernel', () => {
  it('state', () => {
    const results = runStates();
    expect(results.length).toBeGreaterThan(30);
    expect(results.filter((result) => !result.passed).map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
  }, 300_000);

  it('script-1.0.2', () => {
    const results = runScripts();
    expect(results.length).toBeGreaterThan(3);
    expect(results.filter((result) => !result.passed).map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
  }, 60_000);
});

/** Vitest keeps what tests print to itself where a file is written; this is part of the record. */
function say(text: string): void {
  writeSync(1, `· ${text}\n`);
}

type Ids = {
  readonly uid: number;
  readonly gid: number;
  readonly source?: string;
  readonly mark?: number;
  readonly transparent?: boolean;
};

type Scene = {
  readonly network: Network;
  readonly world: ReturnType<Network['peer']>;
  readonly dial: (
    side: 'pod' | 'world',
    family: 4 | 6,
    to: readonly [string, number],
    ids?: Ids,
    protocol?: 'tcp' | 'udp',
  ) => Promise<Seen>;
};

async function withPod(config: CaptureConfig, backEnd: BackEnd, body: (scene: Scene) => Promise<void>): Promise<void> {
  const network = new Network();
  try {
    const plan = planFor(config, backEnd);
    load(network, plan, backEnd);
    readBack(network, plan, backEnd);
    const pod = network.peer('pod', 'POD');
    const world = network.peer('world', 'WORLD');
    const tproxy = config.inboundInterceptionMode === 'TPROXY';
    await pod.listen({
      tcp: [8080, 15001, 15006, 15008, 15020, 15021].flatMap((port) =>
        ([4, 6] as const).map((family) => [family, port, tproxy && port === 15006] as const),
      ),
    });
    await pod.listen({
      udp: [
        [4, '127.0.0.1', 15053],
        [6, '::1', 15053],
      ],
      uid: 1337,
      gid: 1337,
    });
    await world.listen({
      tcp: [9000, 15020].flatMap((port) => ([4, 6] as const).map((family) => [family, port, false] as const)),
      udp: [
        [4, WORLD[4], 53],
        [6, WORLD[6], 53],
      ],
    });
    const dial: Scene['dial'] = (side, family, to, ids = { uid: 0, gid: 0 }, protocol = 'tcp') =>
      (side === 'pod' ? pod : world).dial({ protocol, family, to, ...ids });
    await body({ network, world, dial });
  } finally {
    network.close();
  }
}
