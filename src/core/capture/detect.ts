import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { remedyForText } from './remedy.ts';
import { CHAIN_PREFIX } from './rules.ts';

/** A variant of iptables, as its save command and a test rule show it (capture.md 7). */
export type IptablesProbe = {
  readonly variant: 'legacy' | 'nft' | 'plain';
  /** `iptables-legacy`, with the `ip6` names alike. */
  readonly binary: string;
  readonly usable: boolean;
  readonly version: string;
  /** Whether it is a legacy build; known from its version text. */
  readonly legacy: boolean;
  /** Output of its save command. */
  readonly saved: string;
  /** Why it is not usable. */
  readonly because?: string | undefined;
};

/**
 * Which binary programs the rules. Legacy only where it has rules already: looking is enough to make its tables appear,
 * so chains and rules are counted and not lines, which is how upstream ends up in the wrong variant on a second run.
 *
 * | forced        | legacy               | nft    | plain  | chosen                   |
 * |---------------|----------------------|--------|--------|--------------------------|
 * | legacy or nft |                      |        |        | that one, usable or not: an error |
 * | other word    |                      |        |        | an error                 |
 * | no            | usable, has rules    |        |        | legacy                   |
 * | no            | else                 | usable |        | nft                      |
 * | no            | else                 | else   | usable | plain                    |
 */
export function chooseIptables(probes: readonly IptablesProbe[], forced: string): Parsed<IptablesProbe> {
  const find = (variant: string): IptablesProbe | undefined => probes.find((probe) => probe.variant === variant);
  if (forced !== '') {
    if (forced !== 'legacy' && forced !== 'nft') {
      return failed({
        code: 'CAPTURE_BACK_END',
        severity: 'error',
        message: `iptables binary "${forced}" unsupported`,
        remedy: 'Force legacy or nft, or leave the choice to detection.',
      });
    }
    const probe = find(forced);
    return probe?.usable === true ? parsed(probe) : failed(unusable(`iptables-${forced} is forced`, probe));
  }
  const legacy = find('legacy');
  if (legacy?.usable === true && hasRules(legacy.saved)) return parsed(legacy);
  for (const variant of ['nft', 'plain']) {
    const probe = find(variant);
    if (probe?.usable === true) return parsed(probe);
  }
  return failed(unusable('no iptables can be used', find('plain') ?? find('nft')));
}

function unusable(message: string, probe: IptablesProbe | undefined): Problem {
  return {
    code: 'CAPTURE_BACK_END',
    severity: 'error',
    message: `${message}: ${probe?.because ?? 'it is not installed'}`,
    remedy: remedyForText(probe?.because ?? '') ?? INSTALL,
  };
}

const INSTALL = 'Install iptables (Debian package iptables), or use --native-nftables with nft; both need NET_ADMIN.';

/** Rules, or chains that someone made. */
export function hasRules(saved: string): boolean {
  return saved.split('\n').some((line) => line.startsWith('-A ') || isMadeChain(line));
}

/** A chain without a policy is nobody's built-in one. */
function isMadeChain(line: string): boolean {
  return /^:\S+ - /.test(line) || line.startsWith(`:${CHAIN_PREFIX}`);
}

/** `iptables v1.8.9 (nf_tables)` → 1.8.9; undefined where no version stands in the text. */
export function iptablesVersion(text: string): string | undefined {
  return /v(\d+(?:\.\d+)+)/.exec(text)?.[1];
}

/** Whether writing commands take `--wait`: legacy since 1.6.2; the nf_tables variant needs no lock. */
export function takesWait(probe: Pick<IptablesProbe, 'legacy' | 'version'>): boolean {
  return probe.legacy && atLeastVersion(probe.version, [1, 6, 2]);
}

/** Whether XTABLES_LOCKFILE names the lock (legacy since 1.8.6). */
export function takesLockFile(probe: Pick<IptablesProbe, 'legacy' | 'version'>): boolean {
  return probe.legacy && atLeastVersion(probe.version, [1, 8, 6]);
}

function atLeastVersion(version: string, wanted: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, part] of wanted.entries()) {
    const have = parts[i] ?? 0;
    if (have !== part) return have > part;
  }
  return true;
}
