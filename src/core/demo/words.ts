import type { Chapter, DemoReport } from './report.ts';
import { RED } from './story.ts';

type ChapterText = { readonly title: string; readonly why: (report: DemoReport) => string };

/** What each chapter is called and why it is told; for the terminal and for the page. */
export const CHAPTER_TEXTS: Readonly<Record<Chapter, ChapterText>> = {
  cast: { title: 'The cast', why: () => 'Two pods, and a host that has no sidecar.' },
  injection: {
    title: 'Injection',
    why: () =>
      'Two Deployments come in; each gets an init container and a sidecar. Nothing of the application changes.',
  },
  init: {
    title: 'istio-init: the plumbing',
    why: ({ kind }) =>
      kind === 'live'
        ? "The injected manifest's own arguments, run in the pod's network as its securityContext says. It ends before the application starts."
        : "The injected manifest's own arguments. Not run here; the rules below are those that it would make.",
  },
  proxy: {
    title: 'istio-proxy: the sidecar',
    why: ({ kind }) =>
      kind === 'live'
        ? 'Again the arguments and variables of the manifest. Ready means: 15021 answers, through the proxy itself.'
        : 'Again the arguments and variables of the manifest. Not run here.',
  },
  requests: {
    title: 'Requests',
    why: () => 'From pod to pod, out to a host without a sidecar, and in from it. The applications know of no proxy.',
  },
  rules: {
    title: 'The rules, and how many packets met them',
    why: ({ kind }) =>
      kind === 'live'
        ? 'As the kernel has them, with what it counted since the first request. In nat only the first packet of a connection is asked about.'
        : 'As istio-init would make them, with how often each matches for one request from pod to pod.',
  },
  packet: {
    title: 'The way of one request',
    why: ({ kind, mode }) => {
      const four = `Four connections carry a request to ${RED.workload}`;
      if (kind !== 'live') return `${four}: what becomes of their first packets.`;
      const more = mode === 'TPROXY' ? ' In tables other than nat the kernel counts later packets, too.' : '';
      return `${four}. What the simulator says of their first packets, beside what the kernel counted while one request was sent alone.${more}`;
    },
  },
  logs: {
    title: 'Access logs: one request, socket by socket',
    why: () =>
      'Each sidecar writes down who called it and from where it called on. Put together, they are the way of the request.',
  },
  metrics: { title: 'Metrics', why: () => "Istio's standard metrics, scraped from 15020 as Prometheus would." },
  checks: { title: 'Checks', why: () => 'Each compares what was measured with what must be.' },
};
