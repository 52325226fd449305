/** The agent's own counters, as Prometheus text. */
export type ScrapeFailure = 'envoy' | 'application' | 'agent';

export class AgentMetrics {
  #scrapes = 0;
  readonly #failures = new Map<ScrapeFailure, number>();

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
      '',
    ].join('\n');
  }
}
