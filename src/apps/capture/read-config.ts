import {
  type CaptureConfig,
  type CaptureRules,
  captureConfigFromJson,
  DEFAULT_CAPTURE_CONFIG,
  planCapture,
  planScript,
  readScriptCall,
} from '../../core/capture/index.ts';
import { parseYaml } from '../../core/kube/index.ts';
import { failed, type Parsed, parsed } from '../../core/problem.ts';
import { parseRelease } from '../../core/release.ts';
import { readTextFile } from './read-file.ts';

/** What the injector asks for where nobody says otherwise: everything in and out, but the agent's own ports. */
export const USUAL_CONFIG: CaptureConfig = {
  ...DEFAULT_CAPTURE_CONFIG,
  inboundPortsInclude: '*',
  inboundPortsExclude: '15090,15021,15020',
  outboundIpRangesInclude: '*',
};

/** A configuration file: JSON (or YAML) with the field names of istio-iptables' own structure. */
export function readCaptureConfig(path: string): Parsed<CaptureConfig> {
  const text = readTextFile(path);
  if (!text.ok) return text;
  const value = parseYaml(text.value, { file: path });
  if (!value.ok) return value;
  return inFile(captureConfigFromJson(value.value), path);
}

/** Problems of a text say which file it is. */
export function inFile<T>(result: Parsed<T>, path: string): Parsed<T> {
  if (result.ok) return result;
  return failed(...result.problems.map((problem) => ({ ...problem, where: { ...problem.where, file: path } })));
}

/** The rules of a configuration as a release made them: 1.0 by its script, every other as today. */
export function planFor(config: CaptureConfig, compat: string | undefined): Parsed<CaptureRules> {
  if (compat === undefined) return planCapture(config);
  const release = parseRelease(compat);
  if (!release.ok) return release;
  if (release.value.minor > 0) return planCapture(config);
  const call = readScriptCall(
    scriptArguments(config),
    () => undefined,
    () => undefined,
  );
  if (!call.ok) return call;
  return call.value.kind === 'run' ? parsed(planScript(call.value.settings)) : planCapture(config);
}

/** The arguments that a 1.0 template would pass for this configuration. */
function scriptArguments(config: CaptureConfig): readonly string[] {
  return [
    ...['-p', config.proxyPort, '-u', config.proxyUid, '-g', config.proxyGid, '-m', config.inboundInterceptionMode],
    ...['-i', config.outboundIpRangesInclude, '-x', config.outboundIpRangesExclude],
    ...['-b', config.inboundPortsInclude, '-d', config.inboundPortsExclude],
  ];
}
