/** The agent's own counters, as Prometheus text. */
export type ScrapeFailure = 'envoy' | 'application' | 'agent';

export class AgentMetrics {
  readonly #started: number;
  #scrapes = 0;
  #startupSeconds: number | undefined;
  readonly #failures = new Map<ScrapeFailure, number>();

  /** `started` is a moment of the clock of `performance.now`. */
  constructor(started = performance.now()) {
    this.#started = started;
  }

  /** The pod is ready for the first time. */
  ready(): void {
    this.#startupSeconds ??= (performance.now() - this.#started) / 1000;
  }

  countScrape(): void {
    this.#scrapes++;
  }

  countFailure(type: ScrapeFailure): void {
    this.#failures.set(type, this.failures(type) + 1);
  }

  failures(type: ScrapeFailure): number {
    return this.#failures.get(type) ?? 0;
  }

  text(): string {
    const failures = [...this.#failures].map(
      ([type, count]) => `istio_agent_scrape_failures_total{type="${type}"} ${count}`,
    );
    return [
      '# HELP istio_agent_process_uptime_seconds How long the agent runs.',
      '# TYPE istio_agent_process_uptime_seconds gauge',
      `istio_agent_process_uptime_seconds ${process.uptime()}`,
      '# HELP istio_agent_process_resident_memory_bytes Resident memory size in bytes.',
      '# TYPE istio_agent_process_resident_memory_bytes gauge',
      `istio_agent_process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ...(failures.length === 0
        ? []
        : [
            '# HELP istio_agent_scrape_failures_total The total number of failed scrapes.',
            '# TYPE istio_agent_scrape_failures_total counter',
            ...failures,
          ]),
      '# HELP istio_agent_scrapes_total The total number of scrapes.',
      '# TYPE istio_agent_scrapes_total counter',
      `istio_agent_scrapes_total ${this.#scrapes}`,
      ...(this.#startupSeconds === undefined
        ? []
        : [
            '# HELP istio_agent_startup_duration_seconds The time from the process starting to being marked ready.',
            '# TYPE istio_agent_startup_duration_seconds gauge',
            `istio_agent_startup_duration_seconds ${this.#startupSeconds}`,
          ]),
      '',
    ].join('\n');
  }
}
