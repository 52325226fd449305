import { formatRelease, LATEST } from '../../core/release.ts';
import type { CommandResult } from './command.ts';

/** Set by the build from package.json. */
declare const REMORA_VERSION: string;

export const VERSION = typeof REMORA_VERSION === 'string' ? REMORA_VERSION : '0.0.0';

/** `remora version`, `remora --version`. */
export function version(): CommandResult {
  const lines = [`remora ${VERSION}`, `node ${process.version}`, `Istio 1.0 to ${formatRelease(LATEST)}`];
  return { exitCode: 0, output: `${lines.join('\n')}\n` };
}
