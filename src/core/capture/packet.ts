import type { CaptureRule, ConntrackState, IpFamily, RouteSetting, TableName } from './rules.ts';

/** The first packet of a connection or a datagram, as the socket that sends it made it. */
export type Packet = {
  readonly family: IpFamily;
  readonly protocol: 'tcp' | 'udp';
  /** Address it comes from; absent for a local process that leaves the choice to the kernel. */
  readonly source?: string | undefined;
  readonly sourcePort?: number | undefined;
  readonly destination: string;
  readonly port: number;
  /** Who sends it. */
  readonly from:
    | { readonly kind: 'process'; readonly uid: number; readonly gid: number }
    /** From outside the pod, through the interface. */
    | { readonly kind: 'wire'; readonly interface: string };
  /** SO_MARK of the socket. */
  readonly mark?: number | undefined;
  /** What connection tracking makes of it; NEW unless told otherwise. */
  readonly state?: ConntrackState | undefined;
};

/** The pod's network as far as a packet's way depends on it. */
export type PodNetwork = {
  readonly interfaces: readonly {
    readonly name: string;
    /** In the order in which they were added; the first of a family is the primary one. */
    readonly addresses: readonly string[];
  }[];
  /** Interface of the default route. */
  readonly defaultInterface: string;
  readonly routes: readonly RouteSetting[];
  /** Who answers on the proxy's and the agent's ports; 1337 where it is not said. */
  readonly proxy?: { readonly uid: number; readonly gid: number } | undefined;
};

export type Endpoint = { readonly address: string; readonly port: number };

/** One rule that was looked at. */
export type Step = {
  readonly table: TableName;
  readonly chain: string;
  readonly rule: CaptureRule;
  readonly matched: boolean;
  /** The first condition that did not hold, in words. */
  readonly because?: string | undefined;
};

/** One stage of the packet's way. */
export type Hop = {
  readonly stage: 'send' | 'route' | 'output' | 'loopback' | 'prerouting' | 'deliver';
  /** The table of a stage of rules. */
  readonly table?: TableName | undefined;
  readonly steps: readonly Step[];
  /** What happened, in one sentence. */
  readonly summary: string;
};

export type Disposition =
  | {
      readonly kind: 'delivered';
      /** How it came there: as sent, by REDIRECT, or by TPROXY. */
      readonly by: 'direct' | 'redirect' | 'tproxy';
      /** Port of the listening socket. */
      readonly port: number;
      /** Local address and port of the accepted connection. */
      readonly local: Endpoint;
      /** What SO_ORIGINAL_DST says. */
      readonly original: Endpoint;
      readonly peer: string;
    }
  | { readonly kind: 'sent'; readonly interface: string; readonly to: Endpoint; readonly source: string }
  /** From a wire to a wire. */
  | { readonly kind: 'forwarded'; readonly to: Endpoint }
  | { readonly kind: 'dropped' | 'rejected' }
  | { readonly kind: 'unroutable'; readonly because: string };

/**
 * What becomes of the answer to the packet.
 *
 *   returns       it comes back to whoever sent the packet
 *   intercepted   its destination is the client in whose name the proxy sent, and yet the proxy gets it
 *   astray        it goes to that client
 *   unrecognised  connection tracking takes it for something else: the sender sees the wrong source, or nothing
 *   unsendable    Linux lets no packet with a loopback source leave lo
 */
export type Reply = {
  readonly outcome: 'returns' | 'intercepted' | 'astray' | 'unrecognised' | 'unsendable';
  /** Where the sender sees the answer come from. */
  readonly source: Endpoint;
  readonly summary: string;
  /** Rules that the answer meets on its way out, where these decide. */
  readonly steps: readonly Step[];
};

export type PacketPath = {
  readonly packet: Packet;
  readonly hops: readonly Hop[];
  readonly disposition: Disposition;
  readonly reply?: Reply | undefined;
};
