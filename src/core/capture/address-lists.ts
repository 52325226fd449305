import { formatPrefix, isLoopback, parsePrefix } from '../ip.ts';
import { failed, type Parsed, type Problem, parsed } from '../problem.ts';
import { splitList } from './capture-config.ts';

/** One family's part of a list of CIDRs. */
export type AddressRange = {
  readonly wildcard: boolean;
  readonly cidrs: readonly string[];
  readonly hasLoopback: boolean;
};

export type AddressRanges = { readonly v4: AddressRange; readonly v6: AddressRange };

const NONE: AddressRange = { wildcard: false, cidrs: [], hasLoopback: false };
const ALL: AddressRange = { wildcard: true, cidrs: [], hasLoopback: false };

/** Splits `*`, empty, or a comma list of prefixes by family (capture.md 2.2). A bare address is refused, as upstream. */
export function separateFamilies(text: string, option: string): Parsed<AddressRanges> {
  if (text === '*') return parsed({ v4: ALL, v6: ALL });
  const problems: Problem[] = [];
  let v4 = NONE;
  let v6 = NONE;
  for (const item of splitList(text)) {
    const prefix = parsePrefix(item);
    if (prefix === undefined) {
      problems.push(notAPrefix(item, option));
      continue;
    }
    const loopback = isLoopback(prefix.address);
    const cidr = formatPrefix(prefix);
    if (prefix.address.family === 4) v4 = added(v4, cidr, loopback);
    else v6 = added(v6, cidr, loopback);
  }
  return problems.length > 0 ? failed(...problems) : parsed({ v4, v6 });
}

function added(range: AddressRange, cidr: string, loopback: boolean): AddressRange {
  return { ...range, cidrs: [...range.cidrs, cidr], hasLoopback: range.hasLoopback || loopback };
}

function notAPrefix(item: string, option: string): Problem {
  const address = item.includes('/') ? '' : item.includes(':') ? `${item}/128` : `${item}/32`;
  return {
    code: 'CAPTURE_CIDR_INVALID',
    severity: 'error',
    message: `${option}: "${item}" is no IP prefix`,
    remedy: `Give prefixes with a length, separated by commas${address === '' ? ', such as 10.0.0.0/8' : `: ${address} for one address`}.`,
  };
}
