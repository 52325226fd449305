import { isLoopback, parseIp } from '../ip.ts';
import { type Chains, chainsOf } from './chains.ts';
import type { PacketView } from './match.ts';
import type { Disposition, Endpoint, Hop, Packet, PacketPath, PodNetwork, Reply } from './packet.ts';
import { loopbackOf, primaryAddress, type Route, route } from './routing.ts';
import type { CaptureRules, TableName } from './rules.ts';
import { type Walk, walkTable } from './walk.ts';

/** A port of an ephemeral socket, where the packet names none: no rule looks at it. */
const EPHEMERAL = 40_000;

/**
 * The way of a connection's first packet (or of a datagram) through a pod's rules, as Linux' netfilter walks it, and
 * whether the answer finds its way back.
 *
 *   process ─► route ─► output: raw, mangle (may route again), nat, filter ─┬─► wire
 *                                                                           └─► lo ─┐
 *   wire ─► prerouting: raw, mangle, nat ◄────── prerouting: raw, mangle ◄──────────┘
 *                 └─► route ─► deliver to the socket, or forward
 *
 * What comes back on lo has had its chance in nat: a connection is translated once. A packet keeps its mark on lo.
 */
export function simulatePacket(rules: CaptureRules, packet: Packet, network: PodNetwork): PacketPath {
  return new Simulation(chainsOf(rules, packet.family), packet, network).run();
}

class Simulation {
  private readonly chains: Chains;
  private readonly packet: Packet;
  private readonly network: PodNetwork;
  private readonly hops: Hop[] = [];
  private view: PacketView;
  /** What the socket asked for, if something was translated. */
  private translated: Endpoint | undefined;
  private zone = 0;

  constructor(chains: Chains, packet: Packet, network: PodNetwork) {
    this.chains = chains;
    this.packet = packet;
    this.network = network;
    this.view = {
      family: packet.family,
      protocol: packet.protocol,
      source: packet.source ?? '',
      sourcePort: packet.sourcePort ?? EPHEMERAL,
      destination: packet.destination,
      port: packet.port,
      inInterface: '',
      outInterface: '',
      mark: packet.mark ?? 0,
      connectionMark: 0,
      state: packet.state ?? 'NEW',
    };
  }

  run(): PacketPath {
    const disposition = this.packet.from.kind === 'process' ? this.sent() : this.arrived(this.packet.from.interface);
    const reply = disposition.kind === 'delivered' ? this.reply(disposition) : undefined;
    return { packet: this.packet, hops: this.hops, disposition, reply };
  }

  // From a process.

  private sent(): Disposition {
    const { from } = this.packet;
    if (from.kind !== 'process') throw new Error('not sent by a process');
    const first = this.route();
    if (first.kind === 'none') return { kind: 'unroutable', because: first.because };
    const source = this.view.source || first.source;
    const owner = { uid: from.uid, gid: from.gid };
    this.view = { ...this.view, source, owner, outInterface: interfaceOf(first) };
    this.note('send', `Sent by uid ${from.uid}, gid ${from.gid}, from ${source}.`);
    this.note('route', routeText(first, this.view.destination));

    let way: Route = first;
    for (const table of ['raw', 'mangle', 'nat', 'filter'] as const) {
      const before = this.view;
      const walk = this.walk('output', table, 'OUTPUT');
      if (walk.verdict?.kind === 'drop' || walk.verdict?.kind === 'reject') return ended(walk.verdict.kind);
      const redirected = walk.verdict?.kind === 'redirect';
      if (redirected) this.redirect(loopbackOf(this.view.family), walk);
      if (!redirected && (table !== 'mangle' || before.mark === this.view.mark)) continue;
      way = this.route();
      if (way.kind === 'none') return { kind: 'unroutable', because: way.because };
      this.view = { ...this.view, outInterface: interfaceOf(way) };
      this.note('route', routeText(way, this.view.destination));
    }
    if (way.kind === 'out') {
      const to = { address: this.view.destination, port: this.view.port };
      return { kind: 'sent', interface: way.interface, to, source };
    }
    return this.onLoopback();
  }

  private onLoopback(): Disposition {
    const { owner: _left, ...rest } = this.view;
    this.view = { ...rest, inInterface: 'lo', outInterface: '' };
    this.note('loopback', 'It comes back in by lo; nat is not asked again.');
    return this.prerouting(['raw', 'mangle']);
  }

  // From the wire.

  private arrived(name: string): Disposition {
    this.view = { ...this.view, inInterface: name };
    this.note('send', `It arrives by ${name} from ${this.view.source}.`);
    return this.prerouting(['raw', 'mangle', 'nat']);
  }

  private prerouting(tables: readonly TableName[]): Disposition {
    let tproxyPort: number | undefined;
    for (const table of tables) {
      const walk = this.walk('prerouting', table, 'PREROUTING');
      if (walk.verdict?.kind === 'drop' || walk.verdict?.kind === 'reject') return ended(walk.verdict.kind);
      if (walk.verdict?.kind === 'tproxy') tproxyPort = walk.verdict.port;
      if (walk.verdict?.kind === 'redirect') this.redirect(this.inboundAddress(), walk);
    }
    return this.deliver(tproxyPort);
  }

  /** REDIRECT gives what came from a wire to the primary address of that interface. */
  private inboundAddress(): string {
    const { family, inInterface, destination } = this.view;
    const found = this.network.interfaces.find(({ name }) => name === inInterface);
    return primaryAddress(found?.addresses ?? [], family) ?? destination;
  }

  private deliver(tproxyPort: number | undefined): Disposition {
    const { destination, port, source } = this.view;
    const way = this.route();
    this.note('route', routeText(way, destination));
    if (way.kind !== 'local') return { kind: 'forwarded', to: { address: destination, port } };
    const filter = this.walk('deliver', 'filter', 'INPUT');
    if (filter.verdict?.kind === 'drop' || filter.verdict?.kind === 'reject') return ended(filter.verdict.kind);
    const local = { address: destination, port };
    const by = tproxyPort !== undefined ? 'tproxy' : this.translated !== undefined ? 'redirect' : 'direct';
    const listener = tproxyPort ?? port;
    this.note('deliver', `The socket that listens on ${listener} takes it; its local address is ${text(local)}.`);
    return { kind: 'delivered', by, port: listener, local, original: this.translated ?? local, peer: source };
  }

  // The answer.

  /** Zone and marks decide whether the answer is recognised, and by whom it is taken. */
  private reply(delivered: Extract<Disposition, { kind: 'delivered' }>): Reply {
    const asked = { address: this.packet.destination, port: this.packet.port };
    const wayBack = route(this.network, this.view.family, this.view.source, 0);
    const { owner: _sender, ...rest } = this.view;
    const back: PacketView = {
      ...rest,
      source: delivered.local.address,
      sourcePort: delivered.local.port,
      destination: this.view.source,
      port: this.view.sourcePort,
      inInterface: '',
      outInterface: interfaceOf(wayBack),
      mark: 0,
      state: 'ESTABLISHED',
      owner: this.answerer(delivered),
    };
    const raw = walkTable(this.chains, 'raw', 'OUTPUT', back);
    const zone = raw.zone ?? 0;
    if (zone !== this.zone) {
      const summary = `The answer is in connection tracking zone ${zone}, the query was in ${this.zone}: it is not recognised.`;
      return { outcome: 'unrecognised', source: delivered.local, summary, steps: raw.steps };
    }
    if (wayBack.kind === 'local' || this.packet.from.kind === 'wire') {
      const summary = `The answer comes from ${text(asked)}, as the sender expects.`;
      return { outcome: 'returns', source: asked, summary, steps: raw.steps };
    }
    if (isLoopbackText(delivered.local.address) && this.view.family === 4) {
      const summary = `The answer would leave with the source ${delivered.local.address}, which Linux does not send.`;
      return { outcome: 'unsendable', source: asked, summary, steps: raw.steps };
    }
    const mangle = walkTable(this.chains, 'mangle', 'OUTPUT', { ...back, connectionMark: this.view.connectionMark });
    const steps = [...raw.steps, ...mangle.steps];
    if (route(this.network, this.view.family, this.view.source, mangle.mark).kind === 'local') {
      const summary = `The answer bears mark ${mangle.mark} again, so that the proxy gets it and not ${this.view.source}.`;
      return { outcome: 'intercepted', source: asked, summary, steps };
    }
    const summary = `The answer goes to ${this.view.source}, in whose name the packet was sent.`;
    return { outcome: 'astray', source: asked, summary, steps };
  }

  /** Who answers on a port of the proxy or its agent is the proxy. */
  private answerer(delivered: Extract<Disposition, { kind: 'delivered' }>): { uid: number; gid: number } {
    return delivered.by === 'direct' ? { uid: 0, gid: 0 } : (this.network.proxy ?? PROXY);
  }

  // Parts of the way.

  private route(): Route {
    return route(this.network, this.view.family, this.view.destination, this.view.mark);
  }

  private walk(stage: Hop['stage'], table: TableName, hook: string): Walk {
    const walk = walkTable(this.chains, table, hook, this.view);
    this.view = { ...this.view, mark: walk.mark, connectionMark: walk.connectionMark };
    // A packet that comes back on lo belongs to its connection already.
    if (walk.zone !== undefined && stage !== 'deliver' && this.view.inInterface !== 'lo') this.zone = walk.zone;
    if (walk.steps.length > 0) this.hops.push({ stage, table, steps: walk.steps, summary: walkText(walk) });
    return walk;
  }

  private redirect(address: string, walk: Walk): void {
    this.translated = { address: this.view.destination, port: this.view.port };
    const port = walk.verdict?.kind === 'redirect' ? walk.verdict.port : this.view.port;
    this.view = { ...this.view, destination: address, port };
  }

  private note(stage: Hop['stage'], summary: string): void {
    this.hops.push({ stage, steps: [], summary });
  }
}

/** The proxy's usual user and group. */
const PROXY = { uid: 1337, gid: 1337 };

function ended(kind: 'drop' | 'reject'): Disposition {
  return { kind: kind === 'drop' ? 'dropped' : 'rejected' };
}

function interfaceOf(way: Route): string {
  return way.kind === 'out' ? way.interface : 'lo';
}

function routeText(way: Route, destination: string): string {
  switch (way.kind) {
    case 'local':
      return way.byMark
        ? `Its mark makes ${destination} an address of this machine.`
        : `${destination} is an address of this pod.`;
    case 'out':
      return `${destination} is reached by ${way.interface}.`;
    case 'none':
      return way.because;
  }
}

function walkText(walk: Walk): string {
  const last = walk.steps.findLast((step) => step.matched);
  if (walk.verdict === undefined) return last === undefined ? 'No rule matches.' : last.rule.reason;
  switch (walk.verdict.kind) {
    case 'redirect':
      return `Redirected to port ${walk.verdict.port}. ${reasonOf(walk)}`;
    case 'tproxy':
      return `Handed to the transparent socket on ${walk.verdict.port}. ${reasonOf(walk)}`;
    case 'drop':
    case 'reject':
      return `${walk.verdict.kind === 'drop' ? 'Dropped' : 'Rejected'}. ${last?.rule.reason ?? ''}`;
  }
}

/** The rule that sent the packet to a chain of ours says more than the target in that chain. */
function reasonOf(walk: Walk): string {
  return walk.steps.findLast((step) => step.matched && step.rule.target.kind === 'jump')?.rule.reason ?? '';
}

function text({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function isLoopbackText(address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && isLoopback(ip);
}
