import { describe, expect, it } from 'vitest';
import type { TrafficEvent } from '../telemetry/index.ts';
import { latin1 } from './http-message.ts';
import { ConnectionRecord, type LogEntry } from './index.ts';

const ENDS = { downstreamRemote: 'c', downstreamLocal: 'l', upstreamRemote: 'u', upstreamLocal: 'p' };

/** A record whose clock goes on by a second with every look at it. */
function recorded(direction: 'inbound' | 'outbound') {
  const events: TrafficEvent[] = [];
  const lines: LogEntry[] = [];
  let exchanges = 0;
  let clock = 0;
  const record = new ConnectionRecord(
    {
      now: () => (clock += 1000),
      readLatin1: latin1,
      count: (event) => events.push(event),
      log: (entry) => lines.push(entry),
    },
    {
      id: 7,
      direction,
      cluster: direction === 'inbound' ? 'InboundPassthroughCluster' : 'PassthroughCluster',
      ends: () => ENDS,
    },
    () => exchanges++,
  );
  return { record, events, lines, exchanges: () => exchanges };
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const REQUEST = 'GET /a HTTP/1.1\r\nhost: web\r\n\r\n';
const RESPONSE = 'HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok';

describe('ConnectionRecord', () => {
  it('tells each exchange with a line and a count, and nothing at the end', () => {
    const { record, events, lines, exchanges } = recorded('inbound');
    for (let i = 0; i < 2; i++) {
      record.received(bytes(REQUEST));
      record.sent(bytes(RESPONSE));
    }
    record.progress();
    record.close('-');
    expect(exchanges()).toBe(2);
    expect(events.map(({ kind }) => kind)).toEqual(['http', 'http']);
    expect(events[0]).toMatchObject({ authority: 'web', responseCode: 201, responseBytes: RESPONSE.length });
    expect(lines.map(({ connection, received, sent }) => [connection, received, sent])).toEqual([
      [7, 0, 2],
      [7, 0, 2],
    ]);
    expect(lines[0]?.http).toMatchObject({ method: 'GET', path: '/a', status: 201, serviceTime: 1000 });
  });

  it('tells a request without its response when the connection ends, with the reason', () => {
    const { record, events, lines } = recorded('inbound');
    record.received(bytes(REQUEST));
    record.close('UC');
    expect(events).toMatchObject([{ kind: 'http', responseCode: 0, responseFlags: 'UC' }]);
    expect(lines).toMatchObject([{ responseFlags: 'UC', http: { status: 0 } }]);
  });

  it('counts bytes of what is no HTTP as they pass, and tells one line', () => {
    const { record, events, lines } = recorded('outbound');
    record.received(bytes('abc'));
    record.progress();
    record.progress();
    record.sent(bytes('defg'));
    record.progress();
    record.received(bytes('h'));
    record.close('DC');
    expect(
      events.map((event) => (event.kind === 'tcp' ? [event.phase, event.receivedBytes, event.sentBytes] : [])),
    ).toEqual([
      ['opened', 0, 0],
      ['progress', 3, 0],
      ['progress', 0, 4],
      ['closed', 1, 0],
    ]);
    expect(lines).toMatchObject([{ received: 4, sent: 4, responseFlags: 'DC', startedAt: 1000, http: undefined }]);
  });

  it('waits with its counts until the first bytes say what it is', () => {
    const { record, events } = recorded('inbound');
    record.progress();
    expect(events).toEqual([]);
    record.received(bytes('\u0001'));
    record.progress();
    expect(events).toMatchObject([{ kind: 'tcp', phase: 'opened' }]);
  });

  it('says that nobody could be reached', () => {
    const { record, events, lines } = recorded('inbound');
    record.connectFailure = 'ECONNREFUSED';
    record.received(bytes(REQUEST));
    record.sent(bytes('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n'));
    expect(events).toMatchObject([{ responseCode: 503, responseFlags: 'URX,UF' }]);
    expect(lines).toMatchObject([{ connectFailure: 'ECONNREFUSED', responseFlags: 'URX,UF' }]);
  });
});
