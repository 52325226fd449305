import { CHAIN_PREFIX } from './rules.ts';

/** Rule lines by table and chain, as they stand in the text. A chain of ours that has no rule is there, too. */
export type IptablesState = { readonly [table: string]: { readonly [chain: string]: readonly string[] } };

/** Tables that the present state is read of; others belong to nobody that we know. */
const TABLES = ['filter', 'nat', 'mangle', 'raw'] as const;

/**
 * Reads the output of iptables-save, or a text for iptables-restore, as far as idempotence asks for it (capture.md
 * 6.1): which chains of ours there are, and the rules of every chain, word for word.
 */
export function parseIptablesState(text: string): IptablesState {
  const state: { [table: string]: { [chain: string]: string[] } } = {};
  for (const table of TABLES) state[table] = {};
  let chains: { [chain: string]: string[] } | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('*')) {
      const table = line.slice(1).trim();
      chains = Object.hasOwn(state, table) ? state[table] : undefined;
      continue;
    }
    if (chains === undefined) continue;
    const [word = '', chain = ''] = line.split(/\s+/);
    if (line.startsWith(`:${CHAIN_PREFIX}`)) declare(chains, word.slice(1));
    else if (word === '-N' && chain.startsWith(CHAIN_PREFIX)) declare(chains, chain);
    else if (word === '-A' || word === '-I') declare(chains, chain).push(line);
  }
  return state;
}

function declare(chains: { [chain: string]: string[] }, chain: string): string[] {
  const known = Object.hasOwn(chains, chain) ? chains[chain] : undefined;
  if (known !== undefined) return known;
  const rules: string[] = [];
  chains[chain] = rules;
  return rules;
}
