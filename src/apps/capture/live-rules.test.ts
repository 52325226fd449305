import { describe, expect, it } from 'vitest';
import type { CommandOutcome, RunCommand } from '../../platform/run-command.ts';
import { readLiveRules } from './live-rules.ts';

const GONE: CommandOutcome = { status: 127, stdout: '', stderr: 'not found' };

function machine(answers: Readonly<Record<string, CommandOutcome>>): RunCommand {
  return (command) => answers[command[0] ?? ''] ?? GONE;
}

describe('reading the rules of a namespace', () => {
  it('nothing there is told as nothing only where somebody could look', () => {
    const empty = { status: 0, stdout: '', stderr: '' };
    expect(readLiveRules(machine({ 'iptables-nft-save': empty }))).toMatchObject({
      ok: true,
      value: { by: 'nothing' },
    });
    const denied = {
      status: 4,
      stdout: '',
      stderr: 'iptables-save v1.8.9 (nf_tables): Permission denied (you must be root)\n',
    };
    expect(readLiveRules(machine({ 'iptables-nft-save': denied, 'ip6tables-nft-save': denied }))).toMatchObject({
      ok: false,
      problems: [
        { code: 'CAPTURE_BACK_END', message: expect.stringContaining('Permission denied (you must be root)') },
      ],
    });
  });

  it('without any program it says so', () => {
    expect(readLiveRules(machine({}))).toMatchObject({
      ok: false,
      problems: [{ message: 'no rules can be read: neither nft nor iptables is installed' }],
    });
  });
});
