import type { Check } from './checks.ts';
import type { RuleCount } from './counters.ts';
import type { Sample } from './metrics.ts';
import type { Comparison, StoryPacket } from './one-request.ts';
import type { EngineName, InterceptionMode } from './story.ts';
import type { SentRequest, Trail } from './trail.ts';

/** A container as it was run, or would be. */
export type RunProcess = {
  readonly container: string;
  /** As the manifest has it, without what stands before it here (namespace, user). */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
  readonly capabilities: readonly string[];
  readonly pid?: number;
  /** As /proc has it: who really runs. */
  readonly runsAs?: { readonly uid: number; readonly gid: number };
  readonly exitCode?: number;
  readonly output?: string;
  /** Until it had ended (istio-init), or was ready (istio-proxy). */
  readonly milliseconds?: number;
};

export type PodReport = {
  readonly workload: string;
  readonly pod: string;
  readonly address: string;
  readonly port: number;
  readonly networkNamespace?: string;
  readonly injection: {
    readonly decidedBy: string;
    readonly because: string;
    readonly containers: readonly string[];
    readonly initContainers: readonly string[];
  };
  readonly init: RunProcess;
  readonly proxy: RunProcess;
  readonly application?: { readonly pid: number; readonly runsAs: { readonly uid: number; readonly gid: number } };
  readonly ready?: boolean;
  /** Since the requests began; in a simulation, the rules without counts. */
  readonly rules: readonly RuleCount[];
  readonly accessLog: readonly string[];
  /** What agent and proxy have said beside it. */
  readonly ownLog: readonly string[];
  readonly metrics: readonly Sample[];
};

/** All that the demo has measured so far. It grows as the story goes on; `--json` prints the last of them. */
export type DemoReport = {
  readonly version: 1;
  readonly kind: 'live' | 'simulated';
  /** Why nothing is run. */
  readonly because?: string;
  readonly engine?: { readonly name: EngineName; readonly description: string };
  readonly mode: InterceptionMode;
  readonly pods: readonly PodReport[];
  readonly requests: readonly SentRequest[];
  readonly trails: readonly Trail[];
  readonly packets: readonly Omit<StoryPacket, 'path'>[];
  readonly comparison: readonly Comparison[];
  readonly checks: readonly Check[];
  readonly milliseconds?: number;
  /** What broke the story off. */
  readonly failure?: string;
};

export const CHAPTERS = [
  'cast',
  'injection',
  'init',
  'proxy',
  'requests',
  'rules',
  'packet',
  'logs',
  'metrics',
  'checks',
] as const;
export type Chapter = (typeof CHAPTERS)[number];
