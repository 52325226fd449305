/**
 * The life of a sidecar (agent.md 9) as a table: what is going on, what happened, what is done about it.
 *
 *   starting ──ready──► ready ──SIGTERM──► draining ──time over, idle, gone──► stopped
 *       │                 │ └──/drain──► draining-for-ever ──SIGTERM──► stopped (at once)
 *       └── SIGTERM, /quitquitquit from any state ─────────────────────► stopped
 *
 * | state             | signal            | quit | drain             | proxy gone            | drained |
 * | ----------------- | ----------------- | ---- | ----------------- | --------------------- | ------- |
 * | running           | draining          | stop | draining-for-ever | restart, or its code  |         |
 * | draining-for-ever | stop              | stop |                   | its code              |         |
 * | draining          |                   | stop |                   | 0                     | stop    |
 * | stopping          |                   |      |                   | 0                     |         |
 *
 * A proxy that ends by itself while nobody asked it to gives its code to the agent: upstream exits with 0 even then, so
 * that the kubelet shows nothing (hazard 1). 0 stays 0.
 */
export type LifeState = 'running' | 'draining' | 'draining-for-ever' | 'stopping' | 'stopped';

export type ProxyEnd = { readonly code: number | undefined; readonly signal: string | undefined };

export type LifeEvent =
  | { readonly kind: 'signal' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'drained' }
  /** The application's processes have ended, where the agent was told to end with them. */
  | { readonly kind: 'application-ended' }
  | { readonly kind: 'proxy-ended'; readonly end: ProxyEnd; readonly restartsLeft: number };

export type LifeAction =
  /** Ask the proxy to drain its inbound listeners; `stay`: they stay open afterwards. */
  | { readonly kind: 'drain-listeners'; readonly stay: boolean }
  /** Wait for the drain to end, then report `drained`. */
  | { readonly kind: 'wait-for-drain' }
  | { readonly kind: 'kill-proxy' }
  | { readonly kind: 'restart-proxy' }
  | { readonly kind: 'exit'; readonly code: number };

export type LifeStep = { readonly state: LifeState; readonly actions: readonly LifeAction[] };

const NOTHING: readonly LifeAction[] = [];
const KILL: readonly LifeAction[] = [{ kind: 'kill-proxy' }];

/** What comes next. */
export function nextLifeStep(state: LifeState, event: LifeEvent): LifeStep {
  if (state === 'stopped') return { state, actions: NOTHING };
  switch (event.kind) {
    case 'signal':
      if (state === 'running') {
        return { state: 'draining', actions: [{ kind: 'drain-listeners', stay: false }, { kind: 'wait-for-drain' }] };
      }
      // Draining was switched off by /drain: everything has been said. A second signal changes nothing.
      return state === 'draining-for-ever' ? { state: 'stopping', actions: KILL } : { state, actions: NOTHING };
    case 'quit':
    case 'application-ended':
      return state === 'stopping' ? { state, actions: NOTHING } : { state: 'stopping', actions: KILL };
    case 'drain':
      if (state !== 'running') return { state, actions: NOTHING };
      return { state: 'draining-for-ever', actions: [{ kind: 'drain-listeners', stay: true }] };
    case 'drained':
      return state === 'draining' ? { state: 'stopping', actions: KILL } : { state, actions: NOTHING };
    case 'proxy-ended':
      if (state === 'draining' || state === 'stopping') return ended(0);
      if (state === 'running' && event.restartsLeft > 0 && exitCodeOf(event.end) !== 0) {
        return { state, actions: [{ kind: 'restart-proxy' }] };
      }
      return ended(exitCodeOf(event.end));
  }
}

function ended(code: number): LifeStep {
  return { state: 'stopped', actions: [{ kind: 'exit', code }] };
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** As a shell tells it: the code, or 128 and the number of the signal. */
export function exitCodeOf({ code, signal }: ProxyEnd): number {
  return code ?? 128 + (SIGNALS[signal ?? ''] ?? 0);
}

/** How it ended, for a person. SIGKILL that nobody here sent is most often the kernel's, for memory. */
export function endText({ code, signal }: ProxyEnd): string {
  if (signal === undefined) return `exit code ${code ?? 'unknown'}`;
  const hint = signal === 'SIGKILL' ? '; most likely it used more memory than the container may' : '';
  return `signal ${signal}${hint}`;
}

/** Milliseconds before try `k` (from 0) at a restart: 200 · 2^k, as release 1.0 had it, at most a minute. */
export function restartDelay(k: number): number {
  return Math.min(200 * 2 ** k, 60_000);
}

/** Whether the pod may still be called ready: from SIGTERM on never again. */
export function terminatingCause(state: LifeState): string | undefined {
  return state === 'running' || state === 'draining-for-ever' ? undefined : 'the agent was told to end';
}
