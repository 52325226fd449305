import { describe, expect, it } from 'vitest';
import { chooseIptables, hasRules, type IptablesProbe, iptablesVersion, takesLockFile, takesWait } from './detect.ts';

/** What iptables-legacy-save prints after its tables have come into being, without a rule in them. */
const EMPTY =
  '# Generated\n*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n# Done\n';
const RULES = EMPTY.replace('COMMIT', '-A OUTPUT -j RETURN\nCOMMIT');

function probe(variant: IptablesProbe['variant'], changes: Partial<IptablesProbe> = {}): IptablesProbe {
  const binary = variant === 'plain' ? 'iptables' : `iptables-${variant}`;
  return { variant, binary, usable: true, version: '1.8.9', legacy: variant !== 'nft', saved: '', ...changes };
}

function chosen(probes: readonly IptablesProbe[], forced = ''): string {
  const result = chooseIptables(probes, forced);
  return result.ok ? result.value.binary : result.problems.map(({ message }) => message).join('; ');
}

const LEGACY = probe('legacy');
const NFT = probe('nft');
const PLAIN = probe('plain');

describe('which binary', () => {
  it.each([
    ['legacy with rules', [{ ...LEGACY, saved: RULES }, NFT, PLAIN], '', 'iptables-legacy'],
    [
      'legacy with empty tables, as after being looked at',
      [{ ...LEGACY, saved: EMPTY }, NFT, PLAIN],
      '',
      'iptables-nft',
    ],
    ['legacy with rules that is not usable', [{ ...LEGACY, saved: RULES, usable: false }, NFT], '', 'iptables-nft'],
    ['only plain', [{ ...LEGACY, usable: false }, { ...NFT, usable: false }, PLAIN], '', 'iptables'],
    ['forced legacy', [LEGACY, NFT], 'legacy', 'iptables-legacy'],
    ['forced nft over legacy rules', [{ ...LEGACY, saved: RULES }, NFT], 'nft', 'iptables-nft'],
    ['forced, not usable', [{ ...NFT, usable: false, because: 'no' }, PLAIN], 'nft', 'iptables-nft is forced: no'],
    ['another word', [NFT], 'new', 'iptables binary "new" unsupported'],
    ['none', [], '', 'no iptables can be used: it is not installed'],
  ])('%s', (_what, probes, forced, want) => expect(chosen(probes, forced)).toBe(want));
  it('says what would help', () => {
    const remedy = (because: string): string =>
      chooseIptables([probe('nft', { usable: false, because })], '').problems[0]?.remedy ?? '';
    expect(remedy('Permission denied (you must be root)')).toContain('NET_ADMIN');
    expect(remedy("Fatal: can't open lock file /run/xtables.lock")).toContain('/run');
    expect(remedy('iptables-nft-save is not installed')).toContain('Install iptables');
  });
});

describe('what a save command shows', () => {
  it('rules, or chains that someone made', () => {
    expect([EMPTY, '', '# Warning\n'].some(hasRules)).toBe(false);
    expect(hasRules(RULES)).toBe(true);
    expect(hasRules(EMPTY.replace('COMMIT', ':MINE - [0:0]\nCOMMIT'))).toBe(true);
    expect(hasRules(EMPTY.replace('COMMIT', ':ISTIO_X ACCEPT [0:0]\nCOMMIT'))).toBe(true);
  });
  it('versions', () => {
    expect(iptablesVersion('iptables v1.8.10 (nf_tables)')).toBe('1.8.10');
    expect(iptablesVersion('unrecognized option')).toBeUndefined();
  });
  it.each([
    ['1.4.21', true, false, false],
    ['1.6.1', true, false, false],
    ['1.6.2', true, true, false],
    ['1.8.5', true, true, false],
    ['1.8.6', true, true, true],
    ['1.10', true, true, true],
    ['2.0.0', true, true, true],
    ['1.8.9', false, false, false],
  ])('%s, legacy %s: --wait %s, a lock file of choice %s', (version, legacy, wait, lock) => {
    expect(takesWait({ version, legacy })).toBe(wait);
    expect(takesLockFile({ version, legacy })).toBe(lock);
  });
});
