/**
 * `pilot-agent proxy`: the process of the container istio-proxy (agent.md 4 and 9). It reads what it was given, serves
 * the status port, starts the proxy, and from then on does what core/agent's table of life says.
 *
 *   signals, /quitquitquit, /drain, the proxy's end ─► nextLifeStep ─► drain, wait, kill, restart, exit
 */

import { randomInt } from 'node:crypto';
import {
  type AgentSettings,
  configPath,
  type Environment,
  endText,
  exitCodeOf,
  type LifeAction,
  type LifeEvent,
  type LifeState,
  localhostOf,
  logSettings,
  nextLifeStep,
  proxyFiles,
  readAgentFlags,
  readSettings,
  restartDelay,
  terminatingCause,
} from '../../core/agent/index.ts';
import { durationMilliseconds } from '../../core/mesh/index.ts';
import { type ChildProgram, startProgram } from '../../platform/child-program.ts';
import { addressesByInterface, readIfThere } from '../../platform/machine.ts';
import { writeConfigFiles } from '../../platform/private-files.ts';
import { type AgentLog, openAgentLog } from './agent-log.ts';
import { AgentMetrics } from './agent-metrics.ts';
import { countFromEnvoy, type EnvoyCounts } from './count-envoy.ts';
import { type DnsProxy, startDnsProxy } from './dns-proxy.ts';
import { drainPath, type ProxyAdmin, proxyAdmin, waitForDrain } from './proxy-admin.ts';
import { type ProxyCommand, proxyCommand } from './proxy-program.ts';
import { proxyReadiness } from './proxy-readiness.ts';
import {
  neverReady,
  noDns,
  notStarted,
  notWritable,
  refuse,
  START_FAILED,
  StartError,
  tell,
  textOf,
} from './start-problems.ts';
import { startStatusServer } from './status-server.ts';
import { whenApplicationEnds } from './watch-application.ts';

export type SidecarHost = {
  readonly env: Environment;
  readonly version: string;
  /** What starts this program again, for the embedded engine. */
  readonly ownProgram: readonly string[];
};

const POD = './etc/istio/pod';
const MESH_FILE = './etc/istio/config/mesh';

/** Runs until the proxy has ended. Gives the exit code. */
export async function runSidecar(words: readonly string[], host: SidecarHost): Promise<number> {
  const started = performance.now();
  const flags = readAgentFlags(words);
  if (!flags.ok) return refuse(openAgentLog(new Map(), false, ['stderr']), flags.problems);
  const { levels, json, targets, odd } = logSettings(flags.value);
  const log = openLog(levels, json, targets);
  if (odd !== undefined) log.warn(odd);
  if (flags.value.ignored.length > 0) log.info(`flags without a meaning here: ${flags.value.ignored.join(' ')}`);
  const read = readSettings(flags.value, {
    environment: host.env,
    labelsFile: readIfThere(`${POD}/labels`),
    annotationsFile: readIfThere(`${POD}/annotations`),
    meshFile: readIfThere(flags.value.texts.meshConfig ?? MESH_FILE),
    interfaces: addressesByInterface(),
    version: host.version,
  });
  tell(log, read.problems);
  if (!read.ok) return refuse(log, read.problems);
  return new Sidecar(read.value, host, log, started).run();
}

/** A log file that cannot be opened must not keep a pod from starting. */
function openLog(...[levels, json, targets]: Parameters<typeof openAgentLog>): AgentLog {
  try {
    return openAgentLog(levels, json, targets);
  } catch (error) {
    const log = openAgentLog(levels, json, ['stdout']);
    log.warn(`--log_target cannot be opened, the log goes to stdout: ${textOf(error)}`);
    return log;
  }
}

class Sidecar {
  readonly #settings: AgentSettings;
  readonly #host: SidecarHost;
  readonly #log: AgentLog;
  readonly #admin: ProxyAdmin;
  readonly #counters: AgentMetrics;
  readonly #closers: (() => void)[] = [];
  readonly #exit: Promise<number>;
  #resolveExit: (code: number) => void = () => {};
  #state: LifeState = 'running';
  #proxy: ChildProgram | undefined;
  #restarts = 0;
  #wasReady = false;
  #alive = false;
  #counts: EnvoyCounts | undefined;
  #dns: DnsProxy | undefined;

  constructor(settings: AgentSettings, host: SidecarHost, log: AgentLog, started: number) {
    this.#settings = settings;
    this.#host = host;
    this.#log = log;
    this.#admin = proxyAdmin(localhostOf(settings), adminPort(settings));
    this.#counters = new AgentMetrics(started);
    this.#exit = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
  }

  async run(): Promise<number> {
    const { flags, bootstrap, engine } = this.#settings;
    this.#log.info(`${flags.nodeType} ${bootstrap.nodeId}, engine ${engine}, without a control plane`);
    this.#log.info(`effective ProxyConfig: ${JSON.stringify(this.#settings.config)}`);
    await this.#serveStatus();
    this.#catchSignals();
    try {
      await this.#serveDns();
      const command = await this.#prepare();
      if (command === undefined) this.#log.info('DISABLE_ENVOY is set: no proxy is started');
      else if (this.#state === 'running') await this.#start(command);
      else this.#resolveExit(0);
      this.#watchApplication();
      return await this.#exit;
    } catch (error) {
      if (error instanceof StartError) return refuse(this.#log, error.problems);
      throw error;
    } finally {
      for (const close of this.#closers.reverse()) close();
    }
  }

  /** Writes what the proxy reads, and gives its command line. */
  async #prepare(): Promise<ProxyCommand | undefined> {
    const settings = this.#settings;
    if (settings.env.disableProxy) return undefined;
    const files = proxyFiles(settings, settings.engine === 'envoy' ? this.#openTelemetry() : undefined);
    if (!files.ok) throw new StartError(files.problems);
    tell(this.#log, files.problems);
    const command = proxyCommand(settings, files.value.main, this.#host.env, this.#host.ownProgram);
    tell(this.#log, command.problems);
    if (!command.ok) throw new StartError(command.problems);
    const written = writeConfigFiles(configPath(settings), files.value.files);
    if (!written.ok) throw new StartError([notWritable(configPath(settings), written.failure.message)]);
    this.#closers.push(written.value.remove);
    return command.value;
  }

  #openTelemetry(): string | undefined {
    const folder = configPath(this.#settings);
    const made = writeConfigFiles(folder, []);
    if (!made.ok) throw new StartError([notWritable(folder, made.failure.message)]);
    try {
      const counts = countFromEnvoy(this.#settings, folder);
      this.#counts = counts;
      this.#closers.push(counts.close);
      return counts.path;
    } catch (error) {
      this.#log.warn(`Istio's metrics are missing: a pipe cannot be made in ${folder}: ${textOf(error)}`);
      return undefined;
    }
  }

  async #start(command: ProxyCommand): Promise<void> {
    const begun = performance.now();
    this.#log.info(`starting ${command.file} ${command.args.join(' ')}`);
    // From here on there is one to be killed, also where a signal comes before it is up.
    this.#alive = true;
    try {
      this.#proxy = await startProgram({ ...command, env: { ...this.#host.env } });
    } catch (error) {
      throw new StartError([notStarted(command.file, textOf(error))]);
    }
    // A signal that came meanwhile found nothing to kill.
    if (this.#state === 'stopping') this.#proxy.kill('SIGKILL');
    void this.#proxy.ended.then((end) => {
      this.#alive = false;
      const ran = performance.now() - begun;
      const asked = this.#state !== 'running' && this.#state !== 'draining-for-ever';
      const text = asked ? 'the proxy has ended' : `the proxy has ended with ${endText(end)}`;
      if (asked || exitCodeOf(end) === 0) this.#log.info(text);
      else this.#log.error(text);
      if (!asked && !this.#wasReady && exitCodeOf(end) !== 0) this.#log.error(neverReady(this.#settings.engine));
      // One that held out for a while starts anew with its tries.
      if (ran > 60_000) this.#restarts = 0;
      const restartsLeft = (this.#settings.flags.numbers.restartProxy ?? this.#settings.env.restarts) - this.#restarts;
      this.#happened({ kind: 'proxy-ended', end, restartsLeft }, command);
    });
  }

  #happened(event: LifeEvent, command?: ProxyCommand): void {
    const { state, actions } = nextLifeStep(this.#state, event);
    this.#state = state;
    for (const action of actions) this.#act(action, command);
  }

  #act(action: LifeAction, command: ProxyCommand | undefined): void {
    switch (action.kind) {
      case 'drain-listeners':
        this.#admin.post(drainPath(this.#settings.flags.nodeType, action.stay)).catch((error: unknown) => {
          this.#log.warn(`the proxy could not be asked to drain: ${textOf(error)}`);
        });
        return;
      case 'wait-for-drain':
        void waitForDrain(this.#drainWait()).then(() => this.#happened({ kind: 'drained' }));
        return;
      case 'kill-proxy':
        // There is none, or it has crashed and waits to be started again.
        if (this.#alive) this.#proxy?.kill('SIGKILL');
        else this.#resolveExit(0);
        return;
      case 'restart-proxy': {
        const delay = restartDelay(this.#restarts++);
        this.#log.warn(`the proxy is started again in ${delay} ms`);
        setTimeout(() => void this.#restart(command), delay);
        return;
      }
      case 'exit':
        this.#resolveExit(action.code);
        return;
    }
  }

  async #restart(command: ProxyCommand | undefined): Promise<void> {
    if (this.#state !== 'running' || command === undefined) return this.#resolveExit(0);
    try {
      await this.#start(command);
    } catch (error) {
      this.#resolveExit(error instanceof StartError ? refuse(this.#log, error.problems) : START_FAILED);
    }
  }

  #drainWait(): Parameters<typeof waitForDrain>[0] {
    const { env, config } = this.#settings;
    return {
      admin: this.#admin,
      ownPorts: [env.statusPort, env.prometheusPort, env.secureMetricsPort, env.secureMergedMetricsPort],
      exitOnZero: env.exitOnZero,
      minimumMilliseconds: env.minimumDrainMilliseconds,
      terminationMilliseconds: durationMilliseconds(config.terminationDrainDuration, 5000),
      say: (message) => this.#log.info(message),
    };
  }

  async #serveStatus(): Promise<void> {
    const { statusPort, env, targets, probers } = this.#settings;
    if (statusPort <= 0) return;
    try {
      const server = await startStatusServer({
        port: statusPort,
        probers,
        probes: {
          instanceIp: env.instanceIp,
          legacyLocalhost: env.legacyLocalhostProbes,
          statusPort,
          http2: env.http2Probing,
          keepAlive: env.probeKeepAlive,
        },
        metrics: {
          envoyPort: env.mergeProxyStats && !env.disableProxy ? env.prometheusPort : undefined,
          targets,
          more: () => `${this.#dns?.metrics.text() ?? ''}${this.#counts?.text() ?? ''}`,
        },
        metricsLocalhostOnly: env.metricsLocalhostOnly,
        counters: this.#counters,
        readiness: proxyReadiness(this.#admin, {
          terminating: () => terminatingCause(this.#state),
          hasProxy: !env.disableProxy,
          onReady: () => {
            this.#wasReady = true;
            this.#counters.ready();
          },
          log: this.#log,
        }),
        quit: () => {
          this.#log.info('/quitquitquit was called: ending at once');
          this.#happened({ kind: 'quit' });
        },
        drain: () => {
          this.#log.info('/drain was called');
          this.#happened({ kind: 'drain' });
        },
      });
      this.#closers.push(server.close);
    } catch (error) {
      // As upstream, the pod runs on; without its status port the kubelet will say that it is not ready.
      const why = `the status port ${statusPort} cannot be opened: ${textOf(error)}`;
      this.#log.error(`${why}; set another with ProxyConfig statusPort, or stop what listens there`);
    }
  }

  /** Where the rules bring the pod's queries to the agent, it must answer them, or the pod has no names. */
  async #serveDns(): Promise<void> {
    const { env } = this.#settings;
    if (!env.dnsCapture) return;
    try {
      const dns = await startDnsProxy({
        address: env.dnsProxyAddress,
        resolvConf: () => readIfThere('/etc/resolv.conf') ?? '',
        parallel: env.dnsForwardParallel,
        timeoutMilliseconds: env.dnsForwardTimeoutMilliseconds,
        log: this.#log,
        random: randomInt,
      });
      this.#dns = dns;
      this.#closers.push(dns.close);
      this.#log.info(`DNS proxy on port ${dns.port}: all names are passed on to the resolvers of the pod`, 'dns');
    } catch (error) {
      throw new StartError([noDns(env.dnsProxyAddress || 'localhost:15053', textOf(error))]);
    }
  }

  #catchSignals(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const caught = (): void => {
        this.#log.info(`${signal}: ${this.#state === 'running' ? 'draining, then ending' : 'ending'}`);
        this.#happened({ kind: 'signal' });
      };
      process.on(signal, caught);
      this.#closers.push(() => process.off(signal, caught));
    }
  }

  /** Jobs: where the pod shares its process namespace, the sidecar may end with the application. */
  #watchApplication(): void {
    const { env, flags } = this.#settings;
    if (!(flags.switches.quitWithApplication ?? env.quitWithApplication)) return;
    if (process.pid === 1) {
      this.#log.warn('the agent cannot end with the application: set shareProcessNamespace: true in the pod');
      return;
    }
    const stop = whenApplicationEnds(() => {
      this.#log.info('the processes of the application have ended: ending with them');
      this.#happened({ kind: 'application-ended' });
    });
    this.#closers.push(stop);
  }
}

function adminPort({ config }: AgentSettings): number {
  return typeof config.proxyAdminPort === 'number' ? config.proxyAdminPort : 15000;
}
