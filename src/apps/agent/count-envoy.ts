import type { AgentSettings } from '../../core/agent/index.ts';
import { buildNodeMetadata } from '../../core/envoy/index.ts';
import { EnvoyLogReader, IstioMetrics, workloadIdentity } from '../../core/telemetry/index.ts';
import { readFifoLines } from '../../platform/fifo.ts';

export type EnvoyCounts = {
  /** Where Envoy must write. */
  readonly path: string;
  readonly text: () => string;
  readonly close: () => void;
};

/**
 * A stock Envoy counts nothing for Istio: it writes what passed into a pipe in `folder`, from which this counts. Throws
 * where the pipe cannot be made.
 */
export function countFromEnvoy({ bootstrap }: AgentSettings, folder: string): EnvoyCounts {
  const path = `${folder}/telemetry.fifo`;
  const reader = new EnvoyLogReader();
  const metrics = new IstioMetrics(workloadIdentity(buildNodeMetadata(bootstrap, () => {}).output));
  const fifo = readFifoLines(path, (line) => {
    for (const event of reader.read(line)) metrics.record(event);
  });
  return { path, text: () => metrics.text(), close: fifo.close };
}
