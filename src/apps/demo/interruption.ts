/** Ctrl-C or SIGTERM: the first ends the story, and what was made is taken away; a second is not waited for. */
export class Interruption {
  signal: NodeJS.Signals | undefined;
  #at = 0;
  readonly promise: Promise<void>;
  #resolve: () => void = () => {};

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const name of SIGNALS) process.on(name, this.#heard);
  }

  get happened(): boolean {
    return this.signal !== undefined;
  }

  readonly #heard = (name: NodeJS.Signals): void => {
    if (this.signal !== undefined) {
      // A terminal and npm each pass on the same Ctrl-C.
      if (performance.now() - this.#at < SAME_SIGNAL) return;
      // The handler of 'exit' takes everything away without waiting.
      process.exit(1);
    }
    this.signal = name;
    this.#at = performance.now();
    this.#resolve();
  };

  forget(): void {
    for (const name of SIGNALS) process.off(name, this.#heard);
  }
}

/** Two signals that are no further apart, in milliseconds, are one wish. */
const SAME_SIGNAL = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
