/** Counts of the DNS proxy under upstream's names. */
const BUCKETS = [0.001, 0.005, 0.01, 0.1, 1, 5];

export class DnsMetrics {
  #requests = 0;
  #upstream = 0;
  #failures = 0;
  #seconds = 0;
  #answered = 0;
  readonly #buckets = BUCKETS.map(() => 0);

  request(): void {
    this.#requests++;
  }

  upstream(): void {
    this.#upstream++;
  }

  failure(): void {
    this.#failures++;
  }

  took(seconds: number): void {
    this.#seconds += seconds;
    this.#answered++;
    for (const [i, bound] of BUCKETS.entries()) if (seconds <= bound) this.#buckets[i] = (this.#buckets[i] ?? 0) + 1;
  }

  text(): string {
    const counter = (name: string, value: number): string =>
      `# TYPE istio_agent_${name} counter\nistio_agent_${name} ${value}\n`;
    const duration = 'istio_agent_dns_upstream_request_duration_seconds';
    const lines = BUCKETS.map((bound, i) => `${duration}_bucket{le="${bound}"} ${this.#buckets[i]}\n`);
    return [
      counter('dns_requests_total', this.#requests),
      counter('dns_upstream_requests_total', this.#upstream),
      counter('dns_upstream_failures_total', this.#failures),
      `# TYPE ${duration} histogram\n`,
      ...lines,
      `${duration}_bucket{le="+Inf"} ${this.#answered}\n${duration}_sum ${this.#seconds}\n${duration}_count ${this.#answered}\n`,
    ].join('');
  }
}
