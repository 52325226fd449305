import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { loopProblems } from './chains.ts';
import type { CaptureRule, ConntrackState, IpFamily, Match, TableName, Target } from './rules.ts';

/** What a save command says: the rules in the order of the kernel, and the policies of the built-in chains. */
export type SavedRules = {
  readonly rules: readonly CaptureRule[];
  readonly policies: ReadonlyMap<string, 'ACCEPT' | 'DROP'>;
};

/**
 * Reads what iptables-save (legacy or nf_tables) or ip6tables-save prints, or a text for iptables-restore. Conditions
 * and targets that are not modelled are kept as `unknown`, with their text: whoever simulates must know. Tables that
 * have nothing to do with capture (security) are passed over.
 */
export function parseIptablesSave(text: string, family: IpFamily): Parsed<SavedRules> {
  const rules: CaptureRule[] = [];
  const policies = new Map<string, 'ACCEPT' | 'DROP'>();
  const problems: Problem[] = [];
  let inTable = false;
  let table: TableName | undefined;
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line.startsWith('*')) {
      inTable = true;
      table = TABLES.get(line.slice(1).trim());
    } else if (!inTable && line !== '' && !line.startsWith('#')) {
      problems.push(unreadable(line, i + 1));
      break;
    } else if (table !== undefined && line.startsWith(':')) {
      const policy = /^:(\S+) (ACCEPT|DROP)\b/.exec(line);
      if (policy !== null) policies.set(`${table} ${policy[1]}`, policy[2] as 'ACCEPT' | 'DROP');
    } else if (table !== undefined && /^(\[\d+:\d+\] )?-[AI](?: |$)/.test(line)) {
      const rule = parseRule(line.replace(/^\[\d+:\d+\] /, ''), table, family);
      if (rule === undefined) problems.push(unreadable(line, i + 1));
      else rules.push(rule);
    }
  }
  problems.push(...loopProblems(rules));
  return problems.length > 0 ? failed(...problems) : parsed({ rules, policies });
}

/** The policies that are no ACCEPT, as rules at the end of their chains. */
export function policyRules({ policies }: SavedRules, family: IpFamily): readonly CaptureRule[] {
  return [...policies].flatMap(([key, policy]) => {
    const [table, chain = ''] = key.split(' ');
    const known = TABLES.get(table ?? '');
    if (policy === 'ACCEPT' || known === undefined) return [];
    const reason = `The policy of ${chain} is ${policy}.`;
    return [
      {
        id: 'foreign',
        table: known,
        chain,
        families: [family],
        matches: [],
        target: { kind: 'drop' },
        reason,
      } as const,
    ];
  });
}

const TABLES: ReadonlyMap<string, TableName> = new Map(
  (['filter', 'mangle', 'nat', 'raw'] as const).map((name) => [name, name]),
);

function unreadable(line: string, number: number): Problem {
  return {
    code: 'CAPTURE_RULES_UNREADABLE',
    severity: 'error',
    message: `line ${number} is no iptables rule: ${line}`,
    where: { line: number },
    remedy: 'Give the output of iptables-save or ip6tables-save, whole.',
  };
}

function parseRule(line: string, table: TableName, family: IpFamily): CaptureRule | undefined {
  const words = splitWords(line);
  const chain = words[1];
  if (chain === undefined) return undefined;
  const place = words[0] === '-I' ? /^\d+$/.exec(words[2] ?? '') : null;
  const insertAt = words[0] === '-I' ? Number(place?.[0] ?? 1) : undefined;
  const reader = new RuleReader(words.slice(place === null ? 2 : 3), family);
  const { matches, target } = reader.read();
  return { id: 'foreign', table, chain, insertAt, families: [family], matches, target, reason: line };
}

/** Words as the save command quotes them. */
function splitWords(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    (match) => match[1]?.replaceAll(/\\(.)/g, '$1') ?? match[2] ?? '',
  );
}

class RuleReader {
  private readonly words: readonly string[];
  private readonly family: IpFamily;
  private readonly matches: Match[] = [];
  private at = 0;

  constructor(words: readonly string[], family: IpFamily) {
    this.words = words;
    this.family = family;
  }

  read(): { readonly matches: readonly Match[]; readonly target: Target } {
    while (this.at < this.words.length) {
      const negated = this.words[this.at] === '!';
      if (negated) this.at++;
      const flag = this.next();
      if (flag === '-j' || flag === '-g') return { matches: this.matches, target: this.target(flag) };
      if (flag === '-m' || flag === '--match') {
        // A module says which flags follow; only socket says something by itself.
        if (this.next() === 'socket') this.matches.push({ kind: 'socket' });
      } else {
        const match = this.match(flag, negated);
        if (match !== undefined) this.matches.push(match);
      }
    }
    return { matches: this.matches, target: { kind: 'unknown', text: '(no target)' } };
  }

  private next(): string {
    return this.words[this.at++] ?? '';
  }

  private match(flag: string, negated: boolean): Match | undefined {
    const not = negated ? { negated } : {};
    switch (flag) {
      case '-p': {
        const protocol = this.next();
        if (!negated && (protocol === 'tcp' || protocol === 'udp')) return { kind: 'protocol', protocol };
        return { kind: 'unknown', text: `${negated ? '! ' : ''}-p ${protocol}` };
      }
      case '-i':
        return { kind: 'in-interface', name: this.next(), ...not };
      case '-o':
        return { kind: 'out-interface', name: this.next(), ...not };
      case '-s':
        return { kind: 'source', prefix: { [this.family]: this.prefix() }, ...not };
      case '-d':
        return { kind: 'destination', prefix: { [this.family]: this.prefix() }, ...not };
      case '--sport':
      case '--sports':
        return { kind: 'source-port', ports: this.next().split(','), ...not };
      case '--dport':
      case '--dports':
        return { kind: 'destination-port', ports: this.next().split(','), ...not };
      case '--uid-owner':
        return { kind: 'owner', of: 'uid', id: this.next(), ...not };
      case '--gid-owner':
        return { kind: 'owner', of: 'gid', id: this.next(), ...not };
      case '--ctstate':
      case '--state':
        return { kind: 'conntrack-state', states: this.next().split(',') as ConntrackState[] };
      case '--mark':
        return { kind: this.module() === 'connmark' ? 'connection-mark' : 'mark', mark: decimal(this.next()), ...not };
      case '--comment':
        this.next();
        return undefined;
      default:
        return { kind: 'unknown', text: [negated ? '! ' : '', flag, ...this.values()].join(' ').trim() };
    }
  }

  /** The module that was named last: mark and connmark share a flag. */
  private module(): string {
    const named = this.words.lastIndexOf('-m', this.at);
    return named < 0 ? '' : (this.words[named + 1] ?? '');
  }

  /** iptables-save leaves the length of a single address out in no case, hand-written rules may. */
  private prefix(): string {
    const text = this.next();
    return text.includes('/') ? text : `${text}/${this.family === 4 ? 32 : 128}`;
  }

  private values(): readonly string[] {
    const values: string[] = [];
    while (this.at < this.words.length && !/^(-|!$)/.test(this.words[this.at] ?? '')) values.push(this.next());
    return values;
  }

  private target(flag: string): Target {
    const name = this.next();
    const options = new Map<string, string>();
    while (this.at < this.words.length) {
      const option = this.next();
      const hasValue = this.at < this.words.length && !(this.words[this.at] ?? '').startsWith('--');
      options.set(option, hasValue ? this.next() : '');
    }
    const unknown: Target = {
      kind: 'unknown',
      text: [flag, name, ...[...options].flat()].join(' ').trim(),
    };
    switch (name) {
      case 'RETURN':
      case 'ACCEPT':
      case 'DROP':
      case 'REJECT':
        return { kind: name.toLowerCase() as 'return' | 'accept' | 'drop' | 'reject' };
      case 'REDIRECT':
        return { kind: 'redirect', port: options.get('--to-ports') ?? options.get('--to-port') ?? '' };
      case 'TPROXY':
        return {
          kind: 'tproxy',
          port: options.get('--on-port') ?? '',
          mark: decimal(options.get('--tproxy-mark') ?? '0'),
        };
      case 'MARK': {
        const mark = options.get('--set-mark') ?? options.get('--set-xmark');
        return mark === undefined ? unknown : { kind: 'set-mark', mark: decimal(mark) };
      }
      case 'CONNMARK':
        if (options.has('--save-mark')) return { kind: 'save-mark' };
        return options.has('--restore-mark') ? { kind: 'restore-mark' } : unknown;
      case 'CT': {
        const zone = options.get('--zone');
        return zone === undefined ? unknown : { kind: 'conntrack-zone', zone };
      }
      default:
        return options.size === 0 && flag === '-j' ? { kind: 'jump', chain: name } : unknown;
    }
  }
}

/** `0x539/0xffffffff` → `1337`: a mark as our rules write it; a mask that is not full stays. */
function decimal(text: string): string {
  const [value = '0', mask] = text.split('/');
  const number = String(Number(value));
  return mask === undefined || Number(mask) === 0xffffffff ? number : `${number}/${mask}`;
}
