import type { AccessLogEntry } from './access-log.ts';

/** Where a request goes: between the pods, out of the mesh, or into it from a host that has no sidecar. */
export type Leg = 'pod-to-pod' | 'out' | 'in';

/** A request as its two ends saw it. */
export type SentRequest = {
  readonly leg: Leg;
  readonly path: string;
  /** 0: no answer came. */
  readonly status: number;
  readonly milliseconds: number;
  /** Address and port of the caller's socket. */
  readonly from: string;
  /** What the application that answered saw as its peer. */
  readonly seenPeer: string;
  readonly error?: string | undefined;
};

type Station = { readonly who: string; readonly address: string; readonly line?: string };

/** The sockets that a request went through, found in the logs of both sidecars, each holding on to the next. */
export type Trail = {
  readonly request: SentRequest;
  readonly stations: readonly Station[];
  /** Where the chain breaks; absent: it is whole. */
  readonly missing?: string;
};

export type Logs = { readonly client: readonly AccessLogEntry[]; readonly red: readonly AccessLogEntry[] };

/**
 * Follows a request by its sockets: what the caller's socket is, its sidecar names as downstream; what that calls from,
 * the next sidecar names as downstream; and what that calls from, the application has seen as its peer.
 *
 * | leg        | client's sidecar | demo-red's sidecar |
 * |------------|------------------|--------------------|
 * | pod-to-pod | yes              | yes                |
 * | out        | yes              |                    |
 * | in         |                  | yes                |
 */
export function trailOf(request: SentRequest, logs: Logs): Trail {
  const stations: Station[] = [{ who: 'caller', address: request.from }];
  let socket = request.from;
  if (request.leg !== 'in') {
    const entry = logs.client.find(({ downstreamRemote, method }) => downstreamRemote === socket && method === '-');
    if (entry === undefined)
      return { request, stations, missing: `the client's sidecar logged nothing from ${socket}` };
    socket = entry.upstreamLocal;
    stations.push({ who: "client's sidecar", address: socket, line: entry.line });
  }
  if (request.leg !== 'out') {
    const entry = logs.red.find(({ downstreamRemote, path }) => downstreamRemote === socket && path === request.path);
    if (entry === undefined) {
      return { request, stations, missing: `demo-red's sidecar logged no ${request.path} from ${socket}` };
    }
    if (entry.code !== request.status) {
      return {
        request,
        stations,
        missing: `demo-red's sidecar logged ${entry.code}, the caller got ${request.status}`,
      };
    }
    socket = entry.upstreamLocal;
    stations.push({ who: "demo-red's sidecar", address: socket, line: entry.line });
  }
  if (request.seenPeer !== socket) {
    return {
      request,
      stations,
      missing: `the application was called from ${request.seenPeer}, the sidecar from ${socket}`,
    };
  }
  return { request, stations: [...stations, { who: 'application', address: request.seenPeer }] };
}
