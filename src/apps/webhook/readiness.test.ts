import { describe, expect, it } from 'vitest';
import type { Problem } from '../../core/problem.ts';
import { createReadiness } from './readiness.ts';

const wrong = (message: string, severity: 'error' | 'warning' = 'error'): Problem => ({
  code: 'CONFIG_INVALID',
  severity,
  message,
});

describe('readiness', () => {
  it('comes with the last of the parts, whichever that is', () => {
    const readiness = createReadiness();
    expect(readiness.report()).toEqual({ ready: false, lines: ['configuration: missing', 'certificate: missing'] });
    readiness.good('certificate');
    expect(readiness.report()).toEqual({ ready: false, lines: ['configuration: missing', 'certificate: ok'] });
    readiness.good('configuration');
    expect(readiness.report()).toEqual({ ready: true, lines: ['configuration: ok', 'certificate: ok'] });
  });

  it('stays when a later one is bad, tells of it, and forgets that with the next good one', () => {
    const readiness = createReadiness();
    readiness.good('certificate');
    readiness.good('configuration');
    readiness.bad('configuration', [wrong('one\ntwo'), wrong('not so bad', 'warning')]);
    expect(readiness.report()).toEqual({
      ready: true,
      lines: ['configuration: last good one in force', '  CONFIG_INVALID: one', 'certificate: ok'],
    });
    readiness.good('configuration');
    expect(readiness.report().lines).toEqual(['configuration: ok', 'certificate: ok']);
  });

  it('does not come with a bad first one, and says what is wrong with it', () => {
    const readiness = createReadiness();
    readiness.good('certificate');
    readiness.bad('configuration', [wrong('broken')]);
    expect(readiness.report()).toEqual({
      ready: false,
      lines: ['configuration: missing', '  CONFIG_INVALID: broken', 'certificate: ok'],
    });
  });

  it('is over when it stops, whatever comes then', () => {
    const readiness = createReadiness();
    readiness.good('certificate');
    readiness.good('configuration');
    readiness.stop();
    readiness.good('configuration');
    expect(readiness.report()).toEqual({ ready: false, lines: ['stopping', 'configuration: ok', 'certificate: ok'] });
  });
});
