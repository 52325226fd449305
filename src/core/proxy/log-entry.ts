import type { Direction } from '../telemetry/index.ts';
import type { HttpHeaders } from './http-headers.ts';
import type { ClusterName } from './route-connection.ts';

/** `address:port` of both ends of a connection; with brackets around IPv6. */
export type Ends = {
  readonly downstreamRemote: string;
  /** Where the client was going. */
  readonly downstreamLocal: string;
  /** undefined: no connection was made. */
  readonly upstreamRemote: string | undefined;
  readonly upstreamLocal: string | undefined;
};

/** What one line of the access log tells: a request, or a connection that was no HTTP. Times in milliseconds. */
export type LogEntry = {
  readonly startedAt: number;
  readonly duration: number;
  readonly direction: Direction;
  readonly cluster: ClusterName;
  readonly connection: number;
  readonly ends: Ends;
  readonly responseFlags: string;
  readonly received: number;
  readonly sent: number;
  readonly connectFailure: string | undefined;
  readonly http:
    | {
        readonly method: string;
        readonly path: string;
        readonly protocol: string;
        readonly requestHeaders: HttpHeaders;
        /** 0: none came. */
        readonly status: number;
        readonly responseHeaders: HttpHeaders;
        /** From the request's head to the response's. */
        readonly serviceTime: number | undefined;
      }
    | undefined;
};
