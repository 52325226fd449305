import type { Problem } from '../../core/problem.ts';

export type Report = { readonly ready: boolean; readonly lines: readonly string[] };

/** Whether requests should come here, and if something is wrong, what: for probes and for people. */
export type Readiness = {
  readonly report: () => Report;
  /** Something that must be there has come, or has come anew; its earlier problems are over. */
  readonly good: (part: Part) => void;
  /** A change of it is bad. What was good before stays in force, so that this alone makes nobody unready. */
  readonly bad: (part: Part, problems: readonly Problem[]) => void;
  readonly stop: () => void;
};

export type Part = 'configuration' | 'certificate';

const PARTS: readonly Part[] = ['configuration', 'certificate'];

export function createReadiness(): Readiness {
  const present = new Set<Part>();
  const problems = new Map<Part, readonly string[]>();
  let stopping = false;
  return {
    report: () => ({
      ready: !stopping && PARTS.every((part) => present.has(part)),
      lines: [
        ...(stopping ? ['stopping'] : []),
        ...PARTS.flatMap((part) => {
          const told = problems.get(part) ?? [];
          const state = !present.has(part) ? 'missing' : told.length === 0 ? 'ok' : 'last good one in force';
          return [`${part}: ${state}`, ...told.map((line) => `  ${line}`)];
        }),
      ],
    }),
    good: (part) => {
      present.add(part);
      problems.delete(part);
    },
    bad: (part, found) => {
      const shown = found.filter(({ severity }) => severity === 'error').slice(0, 5);
      problems.set(
        part,
        shown.map(({ code, message }) => `${code}: ${message.split('\n')[0]}`),
      );
    },
    stop: () => {
      stopping = true;
    },
  };
}
