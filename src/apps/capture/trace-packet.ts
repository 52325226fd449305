import {
  type PacketPath,
  type PathStyle,
  renderPath,
  renderPathSvg,
  simulatePacket,
} from '../../core/capture/index.ts';
import type { Problem } from '../../core/problem.ts';
import { type FlagValues, flag, isOn, type Said } from './flag-values.ts';
import { destinationOf, packetOf } from './packet-flags.ts';
import { sceneOf } from './trace-scene.ts';

/** `remora trace-packet`: where a packet goes before it flows. 1 where it is lost. */
export function tracePacket(flags: FlagValues, style: PathStyle): Said {
  const to = destinationOf(flags);
  if (!to.ok) return { exitCode: 2, problems: to.problems };
  const scene = sceneOf(flags, to.value);
  if (!scene.ok) return { exitCode: isUsage(scene.problems) ? 2 : 1, problems: scene.problems };
  const packet = packetOf(flags, to.value, scene.value);
  if (!packet.ok) return { exitCode: 2, problems: packet.problems };
  const path = simulatePacket(scene.value.rules, packet.value, scene.value.network);
  const lost = ['dropped', 'rejected', 'unroutable'].includes(path.disposition.kind);
  return { exitCode: lost ? 1 : 0, output: outputOf(path, flags, style), problems: doubts(path) };
}

function isUsage(problems: readonly Problem[]): boolean {
  return problems.every((problem) => problem.code === 'USAGE');
}

function outputOf(path: PacketPath, flags: FlagValues, style: PathStyle): string {
  switch (flag(flags, 'output')) {
    case 'json':
      return `${JSON.stringify(path, null, 2)}\n`;
    case 'svg':
      return renderPathSvg(path);
    default:
      return renderPath(path, style, isOn(flags, 'all-rules'));
  }
}

/** Rules on the way that we do not model: a path that depends on them is a guess, and is called one. */
function doubts(path: PacketPath): readonly Problem[] {
  const texts = path.hops.flatMap((hop) =>
    hop.steps.flatMap(({ rule, because, matched }) => {
      const condition = because?.startsWith('the condition ') === true;
      const target = matched && rule.target.kind === 'unknown';
      return condition || target ? [`${rule.table} ${rule.chain}: ${rule.reason}`] : [];
    }),
  );
  return [...new Set(texts)].map((text) => ({
    code: 'CAPTURE_RULES_UNREADABLE',
    severity: 'warning',
    message: `a rule on the way is not understood, and was passed over: ${text}`,
    remedy: 'Judge for yourself whether it takes this packet; everything else is as shown.',
  }));
}
