/** Where the two engines are allowed to differ, and why. Everything else in these suites is the same for both. */
import type { Engine } from './harness.ts';

export type Difference = {
  readonly about: string;
  readonly why: string;
  readonly of: Readonly<Record<Engine, string | number>>;
};

export const DIFFERENCES = {
  directOutbound: {
    about: 'a call of 15001 from outside',
    why: 'it comes in by 15006, which dials 15001, which hangs up: Envoy answers an HTTP client, the embedded engine passes the end on',
    of: { embedded: 'cut off', envoy: 503 },
  },
  earlyEnd: {
    about: 'a client that sends something that is no HTTP and ends its direction at once',
    why: "Envoy's HTTP inspector sees the end before it has decided, and closes; so the tests leave it a moment",
    of: { embedded: 'answered', envoy: 'reset now and then' },
  },
  serverFirst: {
    about: 'a server that speaks first, on a port that nobody declared',
    why: 'Envoy waits for the client until the detection time-out, the embedded engine dials at once',
    of: { embedded: 'at once', envoy: 'after the detection time-out' },
  },
  descriptors: {
    about: 'more connections than descriptors',
    why: 'Envoy 1.40 crashes when a socket for the application cannot be had; the kubelet starts it again',
    of: { embedded: 'new connections are refused', envoy: 'it may crash, and the agent says so' },
  },
  requestId: {
    about: 'x-request-id and x-forwarded-proto of a request',
    why: 'the embedded engine listens in and changes nothing',
    of: { embedded: 'not added', envoy: 'added' },
  },
} as const satisfies Readonly<Record<string, Difference>>;
