import type { WorkloadIdentity } from './identity.ts';
import { type Labels, labelsOf } from './labels.ts';
import type { HttpExchange, TcpProgress, TrafficEvent } from './traffic.ts';

/**
 * More sets of labels than this are not kept: a client that thinks up a Host header for every request would fill the
 * memory. What comes after is counted in `remora_telemetry_dropped_total`.
 */
const MOST_SERIES = 5_000;

/** Upper bounds of Envoy's histograms; Istio's metrics use the defaults (milliseconds, or bytes). */
const BUCKETS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

type Histogram = { count: number; sum: number; readonly buckets: number[] };

const COUNTERS = [
  'istio_requests_total',
  'istio_tcp_connections_opened_total',
  'istio_tcp_connections_closed_total',
  'istio_tcp_sent_bytes_total',
  'istio_tcp_received_bytes_total',
] as const;
const HISTOGRAMS = ['istio_request_duration_milliseconds', 'istio_request_bytes', 'istio_response_bytes'] as const;

type CounterName = (typeof COUNTERS)[number];
type HistogramName = (typeof HISTOGRAMS)[number];

/**
 * Counts of one sidecar (agent.md 14). A class, since it is the memory of a running process: events arrive at any
 * moment, and text is asked for at any other. As in Istio, what nothing has counted yet does not appear.
 */
export class IstioMetrics {
  readonly #own: WorkloadIdentity;
  readonly #counters = new Map<CounterName, Map<string, number>>();
  readonly #histograms = new Map<HistogramName, Map<string, Histogram>>();
  /** Label texts by what they are made of: traffic repeats itself, and joining thirty texts costs. */
  readonly #labels = new Map<string, string>();
  #dropped = 0;

  constructor(own: WorkloadIdentity) {
    this.#own = own;
  }

  record(event: TrafficEvent): void {
    const labels = this.#labelsOf(event);
    if (labels === undefined) {
      this.#dropped++;
      return;
    }
    if (event.kind === 'http') this.#recordHttp(event, labels);
    else this.#recordTcp(event, labels);
  }

  /** Prometheus text format 0.0.4; each family with its type. */
  text(): string {
    const lines = ['# TYPE istio_build gauge'];
    lines.push(`istio_build{component="proxy",tag="${escaped(this.#own.istioVersion)}"} 1`);
    for (const name of COUNTERS) {
      const series = this.#counters.get(name);
      if (series === undefined) continue;
      lines.push(`# TYPE ${name} counter`);
      for (const [labels, value] of series) lines.push(`${name}{${labels}} ${value}`);
    }
    for (const name of HISTOGRAMS) {
      const series = this.#histograms.get(name);
      if (series === undefined) continue;
      lines.push(`# TYPE ${name} histogram`);
      for (const [labels, histogram] of series) lines.push(...histogramLines(name, labels, histogram));
    }
    if (this.#dropped > 0) {
      lines.push('# TYPE remora_telemetry_dropped_total counter', `remora_telemetry_dropped_total ${this.#dropped}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #recordHttp(event: HttpExchange, labels: string): void {
    this.#add('istio_requests_total', labels, 1);
    this.#observe('istio_request_duration_milliseconds', labels, event.milliseconds);
    this.#observe('istio_request_bytes', labels, event.requestBytes);
    this.#observe('istio_response_bytes', labels, event.responseBytes);
  }

  #recordTcp(event: TcpProgress, labels: string): void {
    if (event.phase === 'opened') this.#add('istio_tcp_connections_opened_total', labels, 1);
    if (event.phase === 'closed') this.#add('istio_tcp_connections_closed_total', labels, 1);
    this.#add('istio_tcp_sent_bytes_total', labels, event.sentBytes);
    this.#add('istio_tcp_received_bytes_total', labels, event.receivedBytes);
  }

  #labelsOf(event: TrafficEvent): string | undefined {
    const http = event.kind === 'http';
    const key = http
      ? `${event.direction} ${event.cluster} ${event.protocol} ${event.responseCode} ${event.grpcStatus} ${event.responseFlags} ${event.direction === 'outbound' ? event.authority : ''}`
      : `${event.direction} ${event.cluster} ${event.responseFlags}`;
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    if (this.#labels.size >= MOST_SERIES) return undefined;
    const labels = labelText(labelsOf(event, this.#own));
    this.#labels.set(key, labels);
    return labels;
  }

  #add(name: CounterName, labels: string, more: number): void {
    const series = seriesOf(this.#counters, name);
    series.set(labels, (series.get(labels) ?? 0) + more);
  }

  #observe(name: HistogramName, labels: string, value: number): void {
    const series = seriesOf(this.#histograms, name);
    let histogram = series.get(labels);
    if (histogram === undefined) {
      histogram = { count: 0, sum: 0, buckets: BUCKETS.map(() => 0) };
      series.set(labels, histogram);
    }
    histogram.count++;
    histogram.sum += value;
    const at = BUCKETS.findIndex((bound) => value <= bound);
    if (at >= 0) histogram.buckets[at] = (histogram.buckets[at] ?? 0) + 1;
  }
}

function seriesOf<Name, Value>(families: Map<Name, Map<string, Value>>, name: Name): Map<string, Value> {
  const known = families.get(name);
  if (known !== undefined) return known;
  const fresh = new Map<string, Value>();
  families.set(name, fresh);
  return fresh;
}

function histogramLines(name: string, labels: string, histogram: Histogram): readonly string[] {
  let below = 0;
  const buckets = BUCKETS.map((bound, i) => {
    below += histogram.buckets[i] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${below}`;
  });
  return [
    ...buckets,
    `${name}_bucket{${labels},le="+Inf"} ${histogram.count}`,
    `${name}_sum{${labels}} ${histogram.sum}`,
    `${name}_count{${labels}} ${histogram.count}`,
  ];
}

function labelText(labels: Labels): string {
  return labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
