import type { Disposition, Endpoint, Hop, Packet, PacketPath, Step } from './packet.ts';
import { ruleText } from './rule-text.ts';

/** How parts of a path are set off; plain where nobody can see colours. */
export type PathStyle = {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
};

export const PLAIN: PathStyle = { strong: same, faint: same, good: same, bad: same };

function same(text: string): string {
  return text;
}

/**
 * The path as a chain for people: each stage, the rules that were looked at, the one that decided with its reason. Rules
 * that did not match are left out unless `every` is set.
 */
export function renderPath(path: PacketPath, style: PathStyle = PLAIN, every = false): string {
  const lines = [style.strong(packetText(path.packet)), ''];
  for (const hop of path.hops) {
    const steps = hop.steps.filter((step) => every || step.matched);
    lines.push(`${style.faint('│')}`, `${style.strong(`● ${hopName(hop)}`)}  ${hop.summary}`);
    for (const step of steps) lines.push(`${style.faint('│')}   ${stepText(step, path.packet, style)}`);
    const passed = hop.steps.length - steps.length;
    if (passed > 0) lines.push(style.faint(`│   (${passed} ${passed === 1 ? 'rule' : 'rules'} did not match)`));
  }
  lines.push(style.faint('│'), `${style.strong('▼')} ${dispositionText(path.disposition, style)}`);
  if (path.reply !== undefined) {
    lines.push(`${style.strong('◀')} ${path.reply.summary}`);
    const steps = path.reply.steps.filter((step) => step.matched);
    for (const step of steps) lines.push(`    ${stepText(step, path.packet, style)}`);
  }
  return `${lines.join('\n')}\n`;
}

export function packetText(packet: Packet): string {
  const { from, protocol, destination, port, source } = packet;
  const who = from.kind === 'process' ? `uid ${from.uid} gid ${from.gid}` : `outside, by ${from.interface}`;
  const origin = source === undefined ? '' : ` as ${source}`;
  const mark = packet.mark === undefined ? '' : ` with mark ${packet.mark}`;
  return `${protocol.toUpperCase()} to ${endpoint({ address: destination, port })}, from ${who}${origin}${mark}`;
}

function hopName(hop: Hop): string {
  return hop.table === undefined ? hop.stage : `${hop.stage} ${hop.table}`;
}

function stepText(step: Step, packet: Packet, style: PathStyle): string {
  const rule = `${step.chain}: ${ruleText(step.rule, packet.family)}`;
  if (step.matched) return `${style.good('✓')} ${rule}  ${style.faint(step.rule.reason)}`;
  return `${style.faint(`· ${rule}  (${step.because ?? ''})`)}`;
}

export function dispositionText(disposition: Disposition, style: PathStyle = PLAIN): string {
  switch (disposition.kind) {
    case 'delivered': {
      const { by, port, local, original, peer } = disposition;
      const how = by === 'direct' ? 'as it was sent' : by === 'redirect' ? 'redirected' : 'by TPROXY';
      const meant = by === 'direct' ? '' : `; it was meant for ${endpoint(original)}`;
      return `${style.good('delivered')} to port ${port}, ${how}: local ${endpoint(local)}, peer ${peer}${meant}`;
    }
    case 'sent':
      return `${style.good('sent')} by ${disposition.interface} to ${endpoint(disposition.to)}, from ${disposition.source}`;
    case 'forwarded':
      return `${style.good('forwarded')} to ${endpoint(disposition.to)}`;
    case 'dropped':
    case 'rejected':
      return style.bad(disposition.kind);
    case 'unroutable':
      return `${style.bad('not sent')}: ${disposition.because}`;
  }
}

function endpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
