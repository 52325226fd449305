import { type AnnotationCheck, ipRanges, ports } from '../../mesh/index.ts';
import type { Problem } from '../../problem.ts';

/** The parameters of kube-inject's legacy flags that are checked (1.0: `--includeIPRanges` and its kin). */
export type LegacyParameters = {
  readonly includeIPRanges: string;
  readonly excludeIPRanges: string;
  readonly includeInboundPorts: string;
  readonly excludeInboundPorts: string;
};

const CHECKS: readonly (readonly [keyof LegacyParameters, string, AnnotationCheck])[] = [
  ['includeIPRanges', '--includeIPRanges', ipRanges('includeIPRanges', { wildcard: true, netip: false })],
  ['excludeIPRanges', '--excludeIPRanges', ipRanges('excludeIPRanges', { wildcard: false, netip: false })],
  [
    'includeInboundPorts',
    '--includeInboundPorts',
    ports('includeInboundPorts', { wildcard: true, reader: 'signed16' }),
  ],
  [
    'excludeInboundPorts',
    '--excludeInboundPorts',
    ports('excludeInboundPorts', { wildcard: false, reader: 'signed16' }),
  ],
];

/**
 * What 1.0 refuses in the legacy parameters (injection.md 7.2), one Problem each, with the texts of the annotations.
 * The built-in template that they fill is deliberately absent: its text is Istio's, and its identity is its hash.
 */
export function validateLegacyParameters(parameters: LegacyParameters): readonly Problem[] {
  return CHECKS.flatMap(([name, flag, check]): readonly Problem[] => {
    const wrong = check(parameters[name]);
    if (wrong === undefined) return [];
    return [{ code: 'USAGE', severity: 'error', message: wrong, remedy: `Correct the value of ${flag}.` }];
  });
}
