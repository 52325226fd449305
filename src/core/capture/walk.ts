import type { Chains } from './chains.ts';
import { markNumber, mismatch, type PacketView } from './match.ts';
import type { Step } from './packet.ts';
import type { CaptureRule, TableName } from './rules.ts';

/** What a table did with a packet at one hook. Undefined verdict: it passed. */
export type Walk = {
  readonly steps: readonly Step[];
  readonly mark: number;
  readonly connectionMark: number;
  readonly zone: number | undefined;
  readonly verdict:
    | { readonly kind: 'redirect' | 'tproxy'; readonly port: number }
    | { readonly kind: 'drop' | 'reject' }
    | undefined;
};

/** Chains in one another; more is a loop, which the kernel would have refused to load. */
const MAX_DEPTH = 64;

/** Walks one table's chain of a hook, as the kernel does: the first verdict ends it, `return` goes back to the caller. */
export function walkTable(chains: Chains, table: TableName, hook: string, packet: PacketView): Walk {
  const walker = new Walker(chains, table, packet);
  walker.chain(hook, 0);
  return walker.result();
}

class Walker {
  private readonly chains: ReadonlyMap<string, readonly CaptureRule[]>;
  private readonly table: TableName;
  private packet: PacketView;
  private readonly steps: Step[] = [];
  private zone: number | undefined;
  private verdict: Walk['verdict'];

  constructor(chains: Chains, table: TableName, packet: PacketView) {
    this.chains = chains.get(table) ?? new Map();
    this.table = table;
    this.packet = packet;
  }

  result(): Walk {
    const { mark, connectionMark } = this.packet;
    return { steps: this.steps, mark, connectionMark, zone: this.zone, verdict: this.verdict };
  }

  /** True where the packet's way through the table has ended. */
  chain(name: string, depth: number): boolean {
    if (depth > MAX_DEPTH) throw new Error(`chain ${name} calls itself`);
    for (const rule of this.chains.get(name) ?? []) {
      const because = mismatch(rule, this.packet);
      this.steps.push({ table: this.table, chain: name, rule, matched: because === undefined, because });
      if (because !== undefined) continue;
      const outcome = this.apply(rule, depth);
      if (outcome === 'end') return true;
      if (outcome === 'return') return false;
    }
    return false;
  }

  private apply({ target }: CaptureRule, depth: number): 'end' | 'return' | 'next' {
    switch (target.kind) {
      case 'return':
        return 'return';
      case 'accept':
        return 'end';
      case 'drop':
      case 'reject':
        this.verdict = { kind: target.kind };
        return 'end';
      case 'jump':
        return this.chain(target.chain, depth + 1) ? 'end' : 'next';
      case 'redirect':
        this.verdict = { kind: 'redirect', port: Number(target.port) };
        return 'end';
      case 'tproxy':
        this.packet = { ...this.packet, mark: markNumber(target.mark) };
        this.verdict = { kind: 'tproxy', port: Number(target.port) };
        return 'end';
      case 'set-mark':
        this.packet = { ...this.packet, mark: markNumber(target.mark) };
        return 'next';
      case 'save-mark':
        this.packet = { ...this.packet, connectionMark: this.packet.mark };
        return 'next';
      case 'restore-mark':
        this.packet = { ...this.packet, mark: this.packet.connectionMark };
        return 'next';
      case 'conntrack-zone':
        // The first zone counts: a packet that has one already is passed over.
        this.zone ??= Number(target.zone);
        return 'next';
      case 'unknown':
        return 'next';
    }
  }
}
