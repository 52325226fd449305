import { realpathSync } from 'node:fs';
import { readRequestFlags, readWaitFlags } from '../../core/agent/index.ts';
import type { Problem } from '../../core/problem.ts';
import { callLocal } from '../../platform/local-http.ts';
import { writeStandard } from '../../platform/standard-streams.ts';
import { runSidecar, waitUntilReady } from '../agent/index.ts';
import type { RawRun } from './command.ts';
import { VERSION } from './version.ts';

/** As Go's `os.Exit(-1)`, which pilot-agent ends with after any error. */
const FAILED = 255;

/** `pilot-agent proxy …`: runs as long as the pod does. */
export const proxy: RawRun = async (words, { env }) => {
  const code = await runSidecar(words, {
    env,
    version: VERSION,
    ownProgram: [process.execPath, realpathSync(process.argv[1] ?? '')],
  });
  // Connections that somebody keeps open must not keep a pod that has ended.
  process.exit(code);
};

/** `pilot-agent wait`. */
export const wait: RawRun = async (words) => {
  const read = readWaitFlags(words);
  if (!read.ok) return refuse(read.problems);
  const failure = await waitUntilReady(read.value);
  if (failure === undefined) return 0;
  writeStandard('error', `Error: ${failure}\n`);
  return FAILED;
};

/** `pilot-agent request`: the answer's body, and nothing else, goes to standard output. */
export const request: RawRun = async (words) => {
  const read = readRequestFlags(words);
  if (!read.ok) return refuse(read.problems);
  const { method, path, body, port } = read.value;
  try {
    const answer = await callLocal({ host: 'localhost', port, method, path, body, timeoutMilliseconds: 60_000 });
    // 404 is no error, as upstream.
    if (answer.status > 399 && answer.status !== 404) {
      writeStandard('error', `Error: received unsuccessful status code ${answer.status}: ${answer.body}\n`);
      return FAILED;
    }
    writeStandard('output', `${answer.body}\n`);
    return 0;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    writeStandard('error', `Error: command failed: ${method} http://localhost:${port}${path}: ${why}\n`);
    return FAILED;
  }
};

/** `pilot-agent version`. */
export const version: RawRun = async () => {
  writeStandard('output', `remora ${VERSION}\n`);
  return 0;
};

function refuse(problems: readonly Problem[]): number {
  for (const { message, remedy } of problems) {
    writeStandard('error', `Error: ${message}\n${remedy === undefined ? '' : `  fix: ${remedy}\n`}`);
  }
  return FAILED;
}
