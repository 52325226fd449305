import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/**
 * What is counted. The first group has the names, buckets and meanings of istiod's (injection.md 6.4), so that dashboards
 * for it go on working; its histogram starts at 0.1 s, which says nothing of an injector that takes a millisecond, hence
 * one of our own.
 */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  return {
    requests: counter('sidecar_injection_requests_total', 'Requests for injection.'),
    success: counter('sidecar_injection_success_total', 'Requests answered with 200, skips and refusals among them.'),
    failure: counter('sidecar_injection_failure_total', 'Requests that met an error.'),
    skip: counter('sidecar_injection_skip_total', 'Pods left alone by decision.'),
    time: new Histogram({
      name: 'sidecar_injection_time_seconds',
      help: 'Time of a whole request.',
      buckets: [0.1, 1, 3, 5, 10, 20, 30, 60],
      registers,
    }),
    duration: new Histogram({
      name: 'remora_injection_duration_seconds',
      help: 'Time from the whole body to the answer.',
      buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    decisions: new Counter({
      name: 'remora_injection_decisions_total',
      help: 'Decisions by result (injected, skipped, failed) and the rule that decided.',
      labelNames: ['result', 'rule'],
      registers,
    }),
    rejected: new Counter({
      name: 'remora_requests_rejected_total',
      help: 'Requests that were no review, by HTTP status.',
      labelNames: ['status'],
      registers,
    }),
    inFlight: new Gauge({
      name: 'remora_requests_in_flight',
      help: 'Requests open: from their heads to the last bytes of their answers.',
      registers,
    }),
    loads: new Counter({
      name: 'remora_config_loads_total',
      help: 'Configurations that came, by outcome: good, or bad, which leaves the last good one in force.',
      labelNames: ['outcome'],
      registers,
    }),
    configInForce: new Gauge({
      name: 'remora_config_loaded_timestamp_seconds',
      help: 'When the configuration in force was loaded.',
      aggregator: 'min',
      registers,
    }),
    configBad: new Gauge({
      name: 'remora_config_last_load_failed',
      help: '1 while the newest configuration is bad and an older one is in force.',
      aggregator: 'max',
      registers,
    }),
    certificateExpiry: new Gauge({
      name: 'remora_certificate_expiry_timestamp_seconds',
      help: 'When the serving certificate expires.',
      aggregator: 'min',
      registers,
    }),
  };
}

/** What only the process counts that talks to the API server: with workers, the primary. Names as istiod's (6.6). */
export type ClusterMetrics = ReturnType<typeof createClusterMetrics>;

export function createClusterMetrics(registry: Registry) {
  const registers = [registry];
  return {
    patchAttempts: new Counter({
      name: 'webhook_patch_attempts_total',
      help: 'Webhook configurations looked at for their caBundle.',
      labelNames: ['name'],
      registers,
    }),
    patchRetries: new Counter({
      name: 'webhook_patch_retries_total',
      help: 'Further attempts after a failure.',
      labelNames: ['name'],
      registers,
    }),
    patchFailures: new Counter({
      name: 'webhook_patch_failures_total',
      help: 'Attempts that failed, by reason.',
      labelNames: ['name', 'reason'],
      registers,
    }),
  };
}
