/** As in Istio, what the pod is sent is reported by the destination, what it sends by the source. */
export type Direction = 'inbound' | 'outbound';

/** An HTTP request with its answer, once both have ended. */
export type HttpExchange = {
  readonly kind: 'http';
  readonly direction: Direction;
  /** Name of the upstream cluster, such as `InboundPassthroughCluster`. */
  readonly cluster: string;
  /** Host header, with its port if it has one; empty: none. */
  readonly authority: string;
  readonly protocol: 'http' | 'grpc';
  /** 0: no answer. */
  readonly responseCode: number;
  /** Envoy's short flags, such as `UF`, or `-`. */
  readonly responseFlags: string;
  /** Number of grpc-status; empty when not gRPC. */
  readonly grpcStatus: string;
  /** From the first byte of the request to the last of the answer. */
  readonly milliseconds: number;
  /** Bytes on the wire, headers included: received from and sent to downstream. */
  readonly requestBytes: number;
  readonly responseBytes: number;
};

/** A TCP connection: once when it is open, now and then, and once when it has ended. */
export type TcpProgress = {
  readonly kind: 'tcp';
  readonly phase: 'opened' | 'progress' | 'closed';
  readonly direction: Direction;
  readonly cluster: string;
  readonly responseFlags: string;
  /** Bytes since the last event of this connection: received from and sent to downstream. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
};

export type TrafficEvent = HttpExchange | TcpProgress;
