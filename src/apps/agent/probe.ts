import {
  HEALTH_CHECK_PATH,
  healthRequest,
  httpProbeStep,
  isServing,
  PROBE_BODY_LIMIT,
  PROBE_FAILED,
  PROBE_PASSED,
  type ProbeAnswer,
  type ProbePlan,
  type ProbeTarget,
} from '../../core/agent/index.ts';
import { dial, dialTls } from '../../platform/application-dial.ts';
import { callGrpc, type Exchange, getHttp1, getHttp2 } from '../../platform/application-http.ts';

export type ProbeResult = { readonly answer: ProbeAnswer; readonly body: Uint8Array };

const EMPTY = new Uint8Array();

/** Asks the application, and never takes longer than the plan allows. Whatever goes wrong is a failed probe. */
export async function runProbe(plan: ProbePlan, userAgent: string): Promise<ProbeResult> {
  const limit = new AbortController();
  const { timeoutMilliseconds } = plan;
  const timer = timeoutMilliseconds === undefined ? undefined : setTimeout(() => limit.abort(), timeoutMilliseconds);
  try {
    if (plan.prober.kind === 'http') return await probeHttp(plan, limit.signal);
    const serving =
      plan.prober.kind === 'tcp' ? probeTcp(plan, limit.signal) : probeGrpc(plan, userAgent, limit.signal);
    return { answer: (await serving) ? PROBE_PASSED : PROBE_FAILED, body: EMPTY };
  } catch {
    return { answer: PROBE_FAILED, body: EMPTY };
  } finally {
    clearTimeout(timer);
  }
}

async function probeTcp({ host, source, prober }: ProbePlan, signal: AbortSignal): Promise<boolean> {
  const socket = await dial({ host, port: prober.port, source, signal });
  socket.destroy();
  return true;
}

/** Without a limit a gRPC probe fails at once, as upstream, whose deadline is then now (hazard 7). */
async function probeGrpc(plan: ProbePlan, userAgent: string, signal: AbortSignal): Promise<boolean> {
  const { host, source, prober } = plan;
  if (plan.timeoutMilliseconds === undefined) return false;
  const socket = await dial({ host, port: prober.port, source, signal });
  const origin = `http://${bracketed(host)}:${prober.port}`;
  return isServing(await callGrpc(socket, origin, HEALTH_CHECK_PATH, userAgent, healthRequest(prober.service)));
}

async function probeHttp(plan: ProbePlan, signal: AbortSignal): Promise<ProbeResult> {
  const { prober } = plan;
  const first: ProbeTarget = { https: prober.https, host: `${bracketed(plan.host)}:${prober.port}`, path: prober.path };
  let at = first;
  for (let followed = 0; ; followed++) {
    const { status, location, body } = await get(at, plan, signal);
    const step = httpProbeStep(at, first, status, location, followed);
    if ('answer' in step) return { answer: step.answer, body: step.answer.passBody ? body : EMPTY };
    at = step.follow;
  }
}

async function get(at: ProbeTarget, plan: ProbePlan, signal: AbortSignal): Promise<Exchange> {
  const [, host = '', port] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(at.host) ?? [];
  const target = { host, port: port === undefined ? (at.https ? 443 : 80) : Number(port), source: plan.source, signal };
  if (!at.https) return getHttp1(await dial(target), at.path, plan.headers, PROBE_BODY_LIMIT);
  const protocols = plan.offerHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'];
  const socket = await dialTls(target, protocols);
  if (socket.alpnProtocol !== 'h2') return getHttp1(socket, at.path, plan.headers, PROBE_BODY_LIMIT);
  return getHttp2(socket, `https://${at.host}`, at.path, plan.headers, PROBE_BODY_LIMIT);
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
