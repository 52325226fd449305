import type { DemoReport } from './report.ts';

/** Of thirty labels, those that tell one line of this story from another. */
const LABELS = ['reporter', 'source_workload', 'destination_workload', 'destination_service_name', 'response_code'];
const NAMES = ['istio_requests_total', 'istio_tcp_connections_opened_total', 'istio_tcp_connections_closed_total'];

export type ShownMetrics = {
  readonly workload: string;
  readonly lines: readonly { readonly name: string; readonly labels: string; readonly value: number }[];
};

/** The counters of both pods, as short as people can read them. */
export function shownMetrics({ pods }: DemoReport): readonly ShownMetrics[] {
  return pods.map(({ workload, metrics }) => ({
    workload,
    lines: metrics
      .filter(({ name }) => NAMES.includes(name))
      .map(({ name, labels, value }) => {
        const pairs = LABELS.filter((label) => labels[label] !== undefined && labels[label] !== 'unknown');
        return { name, labels: `{${pairs.map((label) => `${label}="${labels[label]}"`).join(',')}}`, value };
      }),
  }));
}
