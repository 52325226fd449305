/**
 * One end of a connection that is carried, read past Node's readable stream: the kernel's bytes are handed over in a buffer
 * that is used again (`onread`), and what the other end has sent at once needs neither an object nor an allocation.
 *
 *   most ends ─► one buffer for all, whose bytes are copied before they are sent
 *   an end with a lot to say ─► a buffer of its own, whose bytes are sent from where they are
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

const BUFFER = 64 * 1024;
/** Read at once, more than this earns a buffer of one's own, and less than that gives it up again. */
const [MUCH, LITTLE] = [BUFFER / 4, BUFFER / 8];
/** Own buffers, at most: 16 MB. Who comes later is copied. */
const MOST_OWN = 256;
const NOTHING = new Uint8Array(0);

const shared = Buffer.allocUnsafeSlow(BUFFER);
let owned = 0;

/** Bytes as they come. They are the reader's until it returns. */
export type Take = (bytes: Buffer) => void;

/** What Node's own servers give: a socket takes all of it, though the types tell only of descriptors. */
type EndOptions = SocketConstructorOpts & {
  readonly handle?: object;
  readonly pauseOnCreate?: boolean;
};

export class StreamEnd {
  readonly socket: Socket;
  #buffer = shared;
  #read = 0;
  #take: Take = () => {};
  #goOn = true;

  private constructor(options: EndOptions) {
    const onread = {
      buffer: () => this.#nextBuffer(),
      callback: (count: number, buffer: Uint8Array): boolean => {
        this.#read = count;
        this.#goOn = true;
        this.#take(buffer.subarray(0, count) as Buffer);
        return this.#goOn;
      },
    };
    // The types do not know that a later call may give nothing: the same buffer again.
    const all: EndOptions & { readonly onread: OnReadOpts } = {
      ...options,
      allowHalfOpen: true,
      onread: onread as OnReadOpts,
    };
    this.socket = new Socket(all);
    this.socket.once('close', () => this.#giveBack());
  }

  /** A socket that is still to be connected: of a descriptor, or a new one. */
  static calling(fd: number | undefined): StreamEnd {
    return new StreamEnd(fd === undefined ? {} : { fd, readable: true, writable: true });
  }

  /** A socket around Node's handle of a connection that was accepted. It is paused. */
  static accepted(handle: object): StreamEnd {
    return new StreamEnd({ handle, pauseOnCreate: true, readable: true, writable: true });
  }

  /** Whose bytes nobody took until now. Reading goes on when the socket is resumed. */
  onBytes(take: Take): void {
    this.#take = take;
  }

  /**
   * Passes bytes on to another end: `change` may give others in their place, `sent` looks at them when they are on their
   * way, so that nobody waits for it. What the other end cannot send at once makes this one wait.
   */
  passTo(other: StreamEnd, sent: (bytes: Buffer) => void, change?: (bytes: Buffer) => Uint8Array): void {
    const to = other.socket;
    this.onBytes((bytes) => {
      // It was told to go, and speaks on.
      if (to.writableEnded) return;
      const out = change?.(bytes) ?? bytes;
      to.write(out === bytes && this.#buffer === shared ? Buffer.from(bytes) : out);
      sent(bytes);
      if (to.writableLength === 0) return;
      this.#goOn = false;
      to.write(NOTHING, () => this.socket.resume());
    });
  }

  /** Called by Node after each read, when its bytes have been taken. Nothing: the same one again. */
  #nextBuffer(): Buffer | undefined {
    if (this.#buffer === shared) {
      if (this.#read < MUCH || owned >= MOST_OWN) return this.#read === 0 ? shared : undefined;
      owned++;
      this.#buffer = Buffer.allocUnsafeSlow(BUFFER);
      return this.#buffer;
    }
    // While it is being sent, reading has stopped.
    if (this.#read >= LITTLE || !this.#goOn) return undefined;
    this.#giveBack();
    return shared;
  }

  #giveBack(): void {
    if (this.#buffer === shared) return;
    owned--;
    this.#buffer = shared;
  }
}
