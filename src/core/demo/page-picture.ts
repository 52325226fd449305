import { escapeXml } from '../xml.ts';
import { element } from './html.ts';
import type { DemoReport } from './report.ts';
import { APPLICATION_UID, CLIENT, OUTSIDE, RED } from './story.ts';
import type { Leg } from './trail.ts';

/**
 * The cast as a picture: applications and sidecars, the four connections of a request, and how many requests took each
 * way. Lines are drawn full once something has passed.
 */
export function renderPicture(report: DemoReport): string {
  const { requests, pods, milliseconds, kind } = report;
  const passed = (leg: Leg): number =>
    requests.filter((request) => request.leg === leg && request.status === 200).length;
  const running = kind === 'live' && milliseconds === undefined ? ' running' : '';
  const proxy = pods[0]?.proxy;
  const who = proxy === undefined ? '' : proxy.uid === 0 ? `gid ${proxy.gid}` : `uid ${proxy.uid}`;
  const [across, out, into] = [passed('pod-to-pod'), passed('out'), passed('in')];
  return `<figure class="picture${running}"><svg viewBox="0 0 1040 290" role="img" aria-label="Two pods with sidecars and a host without">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>
${pod(10, 330, CLIENT.workload, CLIENT.address)}
${pod(390, 330, RED.workload, RED.address)}
${pod(790, 240, 'outside', OUTSIDE.address)}
${box(30, 'application', `uid ${APPLICATION_UID}`, 'app')}
${box(200, 'istio-proxy', who, 'proxy')}
${box(410, 'istio-proxy', who, 'proxy')}
${box(580, 'application', `port ${RED.port}`, 'app')}
${box(850, 'no sidecar', `port ${OUTSIDE.port}`, 'app')}
${line('M150 122H195', across + out, 1, 172, 108)}
${line('M320 122H405', across, 2, 362, 108)}
${line('M530 122H575', across + into, 3, 552, 108)}
${line('M260 154V242H910V160', out, undefined, 0, 0)}
${line('M910 90V22H470V85', into, undefined, 0, 0)}
${note(585, 262, out, 'out')}
${note(690, 16, into, 'in')}
</svg></figure>`;
}

function pod(x: number, width: number, name: string, address: string): string {
  return `<rect x="${x}" y="40" width="${width}" height="176" rx="14" class="pod"/>${element('text', { x: x + 20, y: 186, class: 'name' }, name)}${element('text', { x: x + 20, y: 204, class: 'small' }, address)}`;
}

function box(x: number, name: string, detail: string, kind: 'app' | 'proxy'): string {
  return `<rect x="${x}" y="90" width="120" height="64" rx="9" class="${kind}"/>${element('text', { x: x + 60, y: 118, class: 'mid' }, name)}${element('text', { x: x + 60, y: 137, class: 'mid small' }, detail)}`;
}

function line(path: string, count: number, step: number | undefined, x: number, y: number): string {
  const drawn = `<path d="${path}" class="way${count > 0 ? ' used' : ''}" marker-end="url(#tip)"/>`;
  return step === undefined || count === 0
    ? drawn
    : `${drawn}${element('text', { x, y, class: 'mid count' }, String(count))}`;
}

function note(x: number, y: number, count: number, what: string): string {
  return count === 0 ? '' : `<text x="${x}" y="${y}" class="mid small">${escapeXml(`${count} ${what}`)}</text>`;
}
