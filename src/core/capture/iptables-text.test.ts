import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE_CONFIG } from './capture-config.ts';
import type { IptablesLine } from './iptables.ts';
import {
  checkCommands,
  GUARDRAILS,
  iptablesCommands,
  renderTranscript,
  restoreText,
  undoCommands,
} from './iptables-text.ts';
import { planCapture } from './plan.ts';

function line(table: string, chain: string, params: string, insertAt?: number): IptablesLine {
  return { table, chain, insertAt, params: params.split(' ') };
}

const LINES = [
  line('nat', 'ISTIO_A', '-p tcp -j ISTIO_B'),
  line('nat', 'PREROUTING', '-j ISTIO_A', 1),
  line('mangle', 'ISTIO_C', '-j DROP'),
  line('mangle', 'OUTPUT', '-j RETURN'),
];

describe('texts for iptables', () => {
  it('restore: tables by name, new chains first, also those that are only jumped to', () => {
    expect(restoreText(LINES)).toBe(`* mangle
-N ISTIO_C
-A ISTIO_C -j DROP
-A OUTPUT -j RETURN
COMMIT
* nat
-N ISTIO_A
-N ISTIO_B
-A ISTIO_A -p tcp -j ISTIO_B
-I PREROUTING 1 -j ISTIO_A
COMMIT
`);
    expect(restoreText([])).toBe('');
  });
  it('commands: all chains, then all rules', () => {
    expect(iptablesCommands(LINES).map((command) => command.join(' '))).toEqual([
      '-t nat -N ISTIO_A',
      '-t mangle -N ISTIO_C',
      '-t nat -A ISTIO_A -p tcp -j ISTIO_B',
      '-t nat -I PREROUTING 1 -j ISTIO_A',
      '-t mangle -A ISTIO_C -j DROP',
      '-t mangle -A OUTPUT -j RETURN',
    ]);
  });
  it('checks leave the place out', () => {
    expect(checkCommands(LINES)[1]).toEqual(['-t', 'nat', '-C', 'PREROUTING', '-j', 'ISTIO_A']);
  });
  it('undo: backwards; rules of our own chains only where they lead to another of ours', () => {
    expect(undoCommands(LINES).map((command) => command.join(' '))).toEqual([
      '-t mangle -D OUTPUT -j RETURN',
      '-t nat -D PREROUTING -j ISTIO_A',
      '-t nat -D ISTIO_A -p tcp -j ISTIO_B',
      '-t mangle -F ISTIO_C',
      '-t mangle -X ISTIO_C',
      '-t nat -F ISTIO_A',
      '-t nat -X ISTIO_A',
    ]);
  });
  it('guardrails stop TCP and UDP in every direction, before all other rules', () => {
    expect(
      GUARDRAILS.map(({ table, chain, insertAt, params }) => [table, chain, insertAt, ...params].join(' ')),
    ).toEqual(
      ['INPUT', 'FORWARD', 'OUTPUT'].flatMap((chain) => [
        `filter ${chain} 1 -p tcp -j DROP`,
        `filter ${chain} 1 -p udp -j DROP`,
      ]),
    );
  });
  it('transcript: both families are read, those that are on are loaded and read again', () => {
    const plan = planCapture(DEFAULT_CAPTURE_CONFIG);
    const lines = plan.ok ? renderTranscript(plan.value).trimEnd().split('\n') : [];
    expect(lines.slice(0, 3)).toEqual(['iptables-save', 'ip6tables-save', '* nat']);
    expect(lines.slice(-2)).toEqual(['COMMIT', 'iptables-save']);
  });
});
