/** A statistic by its parts, so that it can be written in Envoy's two ways. */
type StatKey = { readonly kind: 'listener' | 'cluster' | 'plain'; readonly owner: string; readonly name: string };

/** Which of the names go down as well; all others are counters. */
const GAUGES = /(?:_active|\.state|\.live|workers_started|uptime|memory_allocated)$/;

/**
 * Counters and gauges of the engine under Envoy's names. A class, since it is the memory of a running process. In `/stats`
 * a cluster's name ends in a semicolon, as Istio's `alt_stat_name` makes it; in Prometheus text it is a tag.
 */
export class EngineStats {
  readonly #values = new Map<string, { readonly key: StatKey; value: number }>();

  listener(owner: string, name: string, more: number): void {
    this.#add({ kind: 'listener', owner, name }, more);
  }

  cluster(owner: string, name: string, more: number): void {
    this.#add({ kind: 'cluster', owner, name }, more);
  }

  set(name: string, value: number): void {
    const key: StatKey = { kind: 'plain', owner: '', name };
    this.#values.set(statName(key), { key, value });
  }

  /** Lines `name: value`, sorted; `filter` is a search as Envoy's. */
  text(filter: RegExp | undefined): string {
    return [...this.#values]
      .filter(([name]) => filter === undefined || filter.test(name))
      .map(([name, { value }]) => `${name}: ${value}\n`)
      .sort()
      .join('');
  }

  /** Prometheus text format 0.0.4, each family once. */
  prometheus(): string {
    const families = new Map<string, string[]>();
    for (const { key, value } of this.#values.values()) {
      const family = `envoy_${key.kind === 'plain' ? '' : `${key.kind}_`}${key.name.replaceAll('.', '_')}`;
      const tag = key.kind === 'listener' ? 'listener_address' : 'cluster_name';
      const labels = key.kind === 'plain' ? '' : `${tag}="${key.owner}"`;
      const lines = families.get(family) ?? [`# TYPE ${family} ${GAUGES.test(key.name) ? 'gauge' : 'counter'}`];
      families.set(family, [...lines, `${family}{${labels}} ${value}`]);
    }
    return [...families.values()].map((lines) => `${lines.join('\n')}\n`).join('');
  }

  #add(key: StatKey, more: number): void {
    const name = statName(key);
    const known = this.#values.get(name);
    if (known === undefined) this.#values.set(name, { key, value: more });
    else known.value += more;
  }
}

function statName({ kind, owner, name }: StatKey): string {
  switch (kind) {
    case 'plain':
      return name;
    case 'listener':
      return `listener.${owner}.${name}`;
    case 'cluster':
      return `cluster.${owner};.${name}`;
  }
}
