/**
 * Relays of a loop of our own on epoll, through koffi: what carrying costs where Node's streams have no part in it. Only
 * to be measured: it ends with its process, and takes no care of what the embedded engine must.
 */
import koffi from 'koffi';
import { bindSocket, closeSocket, listenSocket, setSocketOption, tcpSocket } from '../../src/platform/libc.ts';
import type { Watch } from './relay.ts';

const lib = koffi.load(null);
const sys = {
  create: lib.func('int epoll_create1(int flags)'),
  control: lib.func('int epoll_ctl(int epoll, int operation, int fd, const uint8_t *event)'),
  wait: lib.func('int epoll_wait(int epoll, uint8_t *events, int most, int milliseconds)'),
  accept: lib.func('int accept4(int fd, void *address, void *length, int flags)'),
  connect: lib.func('int connect(int fd, const uint8_t *address, uint32_t length)'),
  recv: lib.func('int64_t recv(int fd, uint8_t *bytes, uint64_t length, int flags)'),
  send: lib.func('int64_t send(int fd, const uint8_t *bytes, uint64_t length, int flags)'),
  pipe: lib.func('int pipe2(int32_t *fds, int flags)'),
  splice: lib.func('int64_t splice(int from, void *a, int to, void *b, uint64_t length, uint flags)'),
  shutdown: lib.func('int shutdown(int fd, int how)'),
};

const [IN, OUT, READ_HUNG_UP, EDGE] = [1, 4, 0x2000, 2 ** 31];
const [ADD, NONBLOCK, CLOEXEC, NO_SIGNAL] = [1, 0o4000, 0o2000000, 0x4000];
const [SPLICE_MOVE_NONBLOCK, SHUT_WR] = [1 | 2, 1];
const CHUNK = 64 * 1024;
/** Packed on x86-64, and only there. */
const EVENT = process.arch === 'x64' ? 12 : 16;
const DATA = EVENT - 8;
const EAGAIN = 11;

/** One direction: what was read and could not be written yet waits in `held` bytes of the pipe or of `rest`. */
type Flow = {
  readonly from: number;
  readonly to: number;
  readonly pipe: readonly [number, number] | undefined;
  readonly watch: ((bytes: Uint8Array) => void) | undefined;
  held: number;
  rest: Buffer | undefined;
  ended: boolean;
};

/** Carries from each port to the one of 127.0.0.1 beside it, for ever. `splice`: bytes stay in the kernel. */
export function relayByEpoll(ports: readonly (readonly [number, number])[], splice: boolean, watch?: Watch): never {
  const epoll = sys.create(0);
  const listeners = new Map<number, number>();
  const reading: (Flow | undefined)[] = [];
  const writing: (Flow | undefined)[] = [];
  const event = Buffer.alloc(EVENT);
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  const add = (fd: number, wanted: number): void => {
    event.writeUInt32LE(wanted >>> 0, 0);
    event.writeInt32LE(fd, DATA);
    sys.control(epoll, ADD, fd, event);
  };
  for (const [port, target] of ports) {
    const fd = tcpSocket(4);
    setSocketOption(fd, 1, 2, 1);
    bindSocket(fd, 4, '0.0.0.0', port);
    listenSocket(fd, 4096);
    listeners.set(fd, target);
    add(fd, IN);
  }

  const pipeOf = (): readonly [number, number] | undefined => {
    if (!splice) return undefined;
    const fds = new Int32Array(2);
    sys.pipe(fds, NONBLOCK | CLOEXEC);
    return [fds[0] ?? 0, fds[1] ?? 0];
  };
  const open = (listener: number, target: number): void => {
    const client = sys.accept(listener, null, null, NONBLOCK | CLOEXEC);
    if (client < 0) return;
    const server = tcpSocket(4);
    const address = Buffer.alloc(16);
    address.writeUInt16LE(2, 0);
    address.writeUInt16BE(target, 2);
    address.set([127, 0, 0, 1], 4);
    for (const fd of [client, server]) setSocketOption(fd, 6, 1, 1);
    sys.connect(server, address, 16);
    const watched = watch?.();
    const there: Flow = flow(client, server, pipeOf(), watched?.received);
    const back: Flow = flow(server, client, pipeOf(), watched?.sent);
    reading[client] = writing[server] = there;
    reading[server] = writing[client] = back;
    for (const fd of [client, server]) add(fd, IN | OUT | READ_HUNG_UP | EDGE);
  };
  const close = (flow: Flow): void => {
    const back = reading[flow.to];
    for (const fd of [flow.from, flow.to]) {
      closeSocket(fd);
      reading[fd] = writing[fd] = undefined;
    }
    for (const pipe of [flow.pipe, back?.pipe]) for (const fd of pipe ?? []) closeSocket(fd);
  };
  const finish = (flow: Flow): void => {
    flow.ended = true;
    sys.shutdown(flow.to, SHUT_WR);
    if (reading[flow.to]?.ended !== false) close(flow);
  };
  /** Whether all is written. */
  const flush = (flow: Flow): boolean => {
    if (flow.pipe !== undefined) {
      while (flow.held > 0) {
        const sent = sys.splice(flow.pipe[0], null, flow.to, null, flow.held, SPLICE_MOVE_NONBLOCK);
        if (sent <= 0) return false;
        flow.held -= sent;
      }
      return true;
    }
    while (flow.rest !== undefined) {
      const sent = sys.send(flow.to, flow.rest, flow.rest.length, NO_SIGNAL);
      if (sent <= 0) return false;
      flow.rest = sent < flow.rest.length ? flow.rest.subarray(sent) : undefined;
    }
    return true;
  };
  const pump = (flow: Flow): void => {
    if (flow.ended) return;
    for (;;) {
      if (!flush(flow)) return;
      const read =
        flow.pipe === undefined
          ? sys.recv(flow.from, buffer, CHUNK, 0)
          : sys.splice(flow.from, null, flow.pipe[1], null, CHUNK, SPLICE_MOVE_NONBLOCK);
      if (read === 0) finish(flow);
      else if (read < 0 && koffi.errno() !== EAGAIN) close(flow);
      if (read <= 0) return;
      if (flow.pipe !== undefined) {
        flow.held = read;
        continue;
      }
      const bytes = buffer.subarray(0, read);
      flow.watch?.(bytes);
      const sent = sys.send(flow.to, bytes, read, NO_SIGNAL);
      if (sent < read) flow.rest = Buffer.from(bytes.subarray(Math.max(sent, 0)));
      // Less than was asked for: there is no more, and the edge of the next byte will be told.
      if (read < CHUNK && flow.rest === undefined) return;
    }
  };

  const events = Buffer.alloc(EVENT * 256);
  for (;;) {
    const count = sys.wait(epoll, events, 256, -1);
    for (let i = 0; i < count; i++) {
      const what = events.readUInt32LE(i * EVENT);
      const fd = events.readInt32LE(i * EVENT + DATA);
      const target = listeners.get(fd);
      if (target !== undefined) {
        open(fd, target);
        continue;
      }
      const out = writing[fd];
      if ((what & OUT) !== 0 && out !== undefined && (out.held > 0 || out.rest !== undefined)) pump(out);
      const into = reading[fd];
      if (into !== undefined && (what & ~OUT) !== 0) {
        pump(into);
        // A short read has not seen the end that came with it.
        if ((what & READ_HUNG_UP) !== 0 && reading[fd] === into && !into.ended) pump(into);
      }
    }
  }
}

function flow(
  from: number,
  to: number,
  pipe: readonly [number, number] | undefined,
  watch: ((bytes: Uint8Array) => void) | undefined,
): Flow {
  return { from, to, pipe, watch, held: 0, rest: undefined, ended: false };
}
