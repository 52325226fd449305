/** The init image as it is shipped, with what an injected pod allows it: two capabilities and a root that is read-only. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Network } from '../netns/namespaces.ts';
import { missingForImages, type Ran, Store } from './containers.ts';

const missing = missingForImages();
const strict = process.env.REMORA_STRICT === '1';

if (missing !== undefined) {
  describe('images', () => {
    if (strict) it('can run here', () => expect.fail(`not run: ${missing}`));
    else it.skip(`not run: ${missing}`, () => {});
  });
}

const DOCKERFILE = 'deploy/images/init/Dockerfile';
const CAPABILITIES = ['--cap-drop=all', '--cap-add=NET_ADMIN,NET_RAW'];
const READ_ONLY = ['--read-only', '--read-only-tmpfs=false'];
const ALLOWED = [...CAPABILITIES, ...READ_ONLY, '--tmpfs', '/run'];
/** As the template of today writes them. */
const INJECTED = ['istio-iptables', '-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', ''];
const PORTS = ['-b', '*', '-d', '15090,15021,15020', '--log_output_level=default:info'];

describe.runIf(missing === undefined)('the init image', () => {
  let store: Store;
  let init = '';
  let proxyInit = '';
  beforeAll(() => {
    store = new Store();
    init = store.build(DOCKERFILE, 'init');
    proxyInit = store.build(DOCKERFILE, 'proxy-init');
  }, 300_000);
  afterAll(() => store?.close());

  type Pod = { readonly run: (image: string, flags: readonly string[], args: readonly string[]) => Ran } & Pick<
    Network,
    'inPod'
  >;

  function inPod(body: (pod: Pod) => void): void {
    const network = new Network();
    try {
      const where = ['--network', `ns:/run/netns/${network.pod}`];
      body({
        run: (image, flags, args) => store.run(image, [...where, ...flags], args),
        inPod: (command, input) => network.inPod(command, input),
      });
    } finally {
      network.close();
    }
  }

  it('runs unchanged in an injected istio-init, and again when its pod is started again', () =>
    inPod(({ run, inPod: look }) => {
      expect(run(init, ALLOWED, [...INJECTED, ...PORTS])).toMatchObject({ code: 0 });
      const rules = (): string => look(['iptables-nft', '-t', 'nat', '-S']);
      const once = rules();
      expect(once).toContain('-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n');
      expect(once).toContain('-A ISTIO_INBOUND -p tcp -m tcp --dport 15090 -j RETURN\n');
      expect(run(init, ALLOWED, [...INJECTED, ...PORTS])).toMatchObject({ code: 0 });
      expect(rules()).toBe(once);
      expect(run(init, ALLOWED, [...INJECTED, ...PORTS, '--cleanup-only'])).toMatchObject({ code: 0 });
      expect(rules()).not.toContain('ISTIO');
    }));

  it.each([
    ['TPROXY', ['-m', 'TPROXY']],
    ['native nftables', ['--native-nftables']],
    ['legacy iptables, whose lock is in /run', ['--force-iptables-binary', 'legacy']],
  ])('%s', (_name, flags) =>
    inPod(({ run, inPod: look }) => {
      expect(run(init, ALLOWED, [...INJECTED, ...PORTS, ...flags])).toMatchObject({ code: 0 });
      const save = flags.includes('legacy') ? ['iptables-legacy-save'] : ['nft', 'list', 'ruleset'];
      expect(look(save)).toContain('15006');
      if (flags.includes('TPROXY')) expect(look(['ip', 'rule', 'show'])).toContain('fwmark 0x539 lookup 133');
    }),
  );

  it.each([
    ['without the capabilities', ['--cap-drop=all', ...READ_ONLY, '--tmpfs', '/run'], [], 'NET_ADMIN and NET_RAW'],
    ['as another user', [...ALLOWED, '--user', '1337:1337'], [], 'runAsUser 0'],
    [
      'legacy without a /run that can be written',
      [...CAPABILITIES, ...READ_ONLY],
      ['--force-iptables-binary', 'legacy'],
      'Make /run writable, or mount a tmpfs there',
    ],
  ])('%s: refused, with the remedy', (_name, allowed, flags, remedy) =>
    inPod(({ run, inPod: look }) => {
      const said = run(init, allowed, [...INJECTED, ...PORTS, ...flags]);
      expect(said.stderr).toContain(remedy);
      expect(said.code).toBe(1);
      expect(look(['nft', 'list', 'ruleset'])).not.toContain('ISTIO');
    }),
  );

  it('istio-validation as the proxy, without capabilities: 126 before, 0 after', () =>
    inPod(({ run }) => {
      const proxy = ['--cap-drop=all', ...READ_ONLY, '--user', '1337:1337'];
      const probe = [...INJECTED, ...PORTS, '--run-validation', '--skip-rule-apply', '--probe-timeout', '2s'];
      expect(run(init, proxy, probe).code).toBe(126);
      run(init, ALLOWED, [...INJECTED, ...PORTS]);
      expect(run(init, proxy, probe)).toMatchObject({ code: 0 });
    }));

  it("1.0's proxy_init takes the arguments of the script", () =>
    inPod(({ run, inPod: look }) => {
      const args = ['-p', '15001', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '80, 443,', '-d', ''];
      expect(run(proxyInit, ALLOWED, args)).toMatchObject({ code: 0 });
      const rules = look(['iptables-nft', '-t', 'nat', '-S', 'ISTIO_INBOUND']);
      expect(rules.match(/--dport (80|443) -j ISTIO_IN_REDIRECT/g)).toHaveLength(2);
    }));
});
