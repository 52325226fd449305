import { applicationProcesses, NOT_SEEN, watchApplication } from '../../core/agent/index.ts';
import { seenProcesses } from '../../platform/processes.ts';

/** Looks once a second whether the application's processes are there; tells once that they have ended. */
export function whenApplicationEnds(onEnd: () => void): () => void {
  let known = NOT_SEEN;
  const timer = setInterval(() => {
    const watched = watchApplication(known, applicationProcesses(seenProcesses(), process.pid).length);
    known = watched;
    if (!watched.ended) return;
    clearInterval(timer);
    onEnd();
  }, 1000);
  return () => clearInterval(timer);
}
