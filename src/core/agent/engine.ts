import { failed, type Parsed, parsed } from '../problem.ts';
import { badFlag, badSetting } from './setting-problem.ts';

export type Engine = 'envoy' | 'embedded';

/** Which proxy the agent runs: the flag, then REMORA_ENGINE, then Envoy. */
export function chooseEngine(flag: string | undefined, variable: string | undefined): Parsed<Engine> {
  const text = flag ?? (variable || 'envoy');
  if (text === 'envoy' || text === 'embedded') return parsed(text);
  const message = `there is no engine ${JSON.stringify(text)}; there are envoy and embedded`;
  return failed(flag === undefined ? badSetting(message, 'REMORA_ENGINE') : badFlag(message, 'engine'));
}

export type EnvoyCandidate = {
  /** Who named it, for the message. */
  readonly source: string;
  readonly path: string;
  /** Whether naming it is an order: then one that is missing is an error, and nothing further is looked at. */
  readonly must: boolean;
};

/** Where Envoy may be, in order. A name without a slash is looked up on the PATH. */
export function envoyCandidates(
  flag: string | undefined,
  variable: string | undefined,
  binaryPath: string,
): readonly EnvoyCandidate[] {
  return [
    ...(flag === undefined ? [] : [{ source: '--proxyBinary', path: flag, must: true }]),
    ...(variable === undefined || variable === '' ? [] : [{ source: 'REMORA_ENVOY', path: variable, must: true }]),
    ...(binaryPath === '' ? [] : [{ source: "ProxyConfig's binaryPath", path: binaryPath, must: false }]),
    { source: 'PATH', path: 'envoy', must: false },
  ];
}
