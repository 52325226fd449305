import { accessLogWriter, type EmbeddedConfig, EngineStats, type RecordSinks } from '../../core/proxy/index.ts';
import { type Direction, IstioMetrics } from '../../core/telemetry/index.ts';
import { type AppendedFile, appendTo } from '../../platform/appended-file.ts';

/** One of the two listeners that capture brings connections to. */
export type CaptureListener = {
  readonly direction: Direction;
  /** As Envoy names its statistics: `0.0.0.0_15001`. */
  readonly name: string;
  readonly port: number;
};

/** Something that is open, and can be told to end or asked how far it is. */
type OpenConnection = { readonly progress: () => void };

/** What all connections of the engine share. */
export type Engine = {
  readonly config: EmbeddedConfig;
  readonly stats: EngineStats;
  readonly metrics: IstioMetrics;
  readonly sinks: RecordSinks;
  readonly open: Set<OpenConnection>;
  /** Says something about the engine itself. */
  readonly say: (message: string) => void;
  draining: boolean;
  connections: number;
};

/** How often bytes of open connections are counted; Istio's reportingInterval. */
const PROGRESS_INTERVAL = 5000;

/** Opens the access log and the counters. `unknown` operators of its format print `-`. */
export function createEngine(
  config: EmbeddedConfig,
  say: (message: string) => void,
): Engine & { readonly close: () => void } {
  let file: AppendedFile | undefined;
  const writer = config.accessLog === undefined ? undefined : accessLogWriter(config.accessLog);
  if (config.accessLog !== undefined && config.accessLog.path !== '') file = appendTo(config.accessLog.path);
  for (const operator of writer?.unknown ?? []) say(`the access log's format has ${operator}, which prints as -`);
  const metrics = new IstioMetrics(config.identity);
  const engine: Engine = {
    config,
    stats: new EngineStats(),
    metrics,
    sinks: {
      now: Date.now,
      readLatin1: (bytes, from, to) => Buffer.prototype.toString.call(bytes, 'latin1', from, to),
      count: (event) => metrics.record(event),
      log: file === undefined || writer === undefined ? undefined : (entry) => file.append(writer.line(entry)),
    },
    open: new Set(),
    say,
    draining: false,
    connections: 0,
  };
  const timer = setInterval(() => {
    for (const connection of engine.open) connection.progress();
  }, PROGRESS_INTERVAL).unref();
  return Object.assign(engine, {
    close: () => {
      clearInterval(timer);
      file?.close();
    },
  });
}
