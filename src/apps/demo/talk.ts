import { createInterface } from 'node:readline';
import type { Container } from '../../platform/container-process.ts';
import type { Call, CallResult, Numbered } from './application.ts';

/** An application that we talk to, in lines of JSON. */
export class ApplicationTalk {
  readonly #container: Container;
  readonly #calls = new Map<number, (result: CallResult) => void>();
  readonly #first: Promise<string | undefined>;
  #count = 0;
  #ended = false;

  constructor(container: Container) {
    this.#container = container;
    container.input?.on('error', () => {});
    if (container.output === undefined) throw new Error('an application without output');
    const lines = createInterface({ input: container.output });
    this.#first = new Promise((resolve) => {
      lines.once('line', (line) => {
        resolve(line);
        lines.on('line', (answer) => this.#answered(JSON.parse(answer) as Numbered<CallResult>));
      });
      lines.once('close', () => {
        resolve(undefined);
        this.#ended = true;
        for (const done of this.#calls.values()) done(GONE);
      });
    });
  }

  /** Its first line says so. */
  async listening(name: string): Promise<void> {
    const line = await this.#first;
    const said = line === undefined ? undefined : (JSON.parse(line) as { listening?: number; error?: string });
    if (said?.listening !== undefined) return;
    const why = said?.error ?? (await gather(this.#container)).trim().split('\n')[0];
    throw new Error(`the application ${name} does not listen: ${why}`);
  }

  call(call: Call): Promise<CallResult> {
    if (this.#ended) return Promise.resolve(GONE);
    const numbered: Numbered<Call> = { id: this.#count++, ...call };
    return new Promise((resolve) => {
      this.#calls.set(numbered.id, resolve);
      this.#container.input?.write(`${JSON.stringify(numbered)}\n`);
    });
  }

  #answered({ id, ...result }: Numbered<CallResult>): void {
    this.#calls.get(id)?.(result);
    this.#calls.delete(id);
  }
}

const GONE: CallResult = { status: 0, body: '', from: '', milliseconds: 0, error: 'the application has ended' };

/** All that a container writes until it ends. */
export async function gather({ output, error }: Container): Promise<string> {
  let text = '';
  const read = async (stream: Container['output']): Promise<void> => {
    if (stream === undefined) return;
    for await (const chunk of stream) text += String(chunk);
  };
  await Promise.all([read(output), read(error)]);
  return text;
}
