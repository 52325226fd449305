import { describe, expect, it } from 'vitest';
import { EnvoyLogReader } from './index.ts';

const TCP = {
  direction: 'outbound',
  type: 'TcpUpstreamConnected',
  connection: '7',
  cluster: 'PassthroughCluster',
  response_flags: '-',
  received: 0,
  sent: 0,
};

describe('EnvoyLogReader', () => {
  it('takes differences of what a connection has carried so far', () => {
    const reader = new EnvoyLogReader();
    const read = (more: object) => reader.read(JSON.stringify({ ...TCP, ...more }));
    expect(read({})).toMatchObject([{ kind: 'tcp', phase: 'opened', receivedBytes: 0 }]);
    expect(read({ type: 'TcpPeriodic', received: 10, sent: 20 })).toMatchObject([
      { phase: 'progress', receivedBytes: 10, sentBytes: 20 },
    ]);
    expect(read({ type: 'TcpConnectionEnd', received: 15, sent: 20 })).toMatchObject([
      { phase: 'closed', receivedBytes: 5, sentBytes: 0 },
    ]);
    // The number may be used again.
    expect(read({})).toMatchObject([{ phase: 'opened' }]);
  });

  it('counts one that ended before it was heard of', () => {
    const events = new EnvoyLogReader().read(
      JSON.stringify({ ...TCP, type: 'TcpConnectionEnd', response_flags: 'UF', sent: 3 }),
    );
    expect(events).toMatchObject([
      { phase: 'opened', sentBytes: 0 },
      { phase: 'closed', sentBytes: 3, responseFlags: 'UF' },
    ]);
  });

  it('reads requests, and knows gRPC by its type', () => {
    const line = {
      direction: 'inbound',
      type: 'DownstreamEnd',
      cluster: 'InboundPassthroughCluster',
      authority: 'web',
      content_type: 'application/grpc',
      grpc_status: 5,
      response_code: 200,
      response_flags: null,
      duration: 12,
      wire_received: 100,
      wire_sent: 200,
    };
    expect(new EnvoyLogReader().read(JSON.stringify(line))).toEqual([
      {
        kind: 'http',
        direction: 'inbound',
        cluster: 'InboundPassthroughCluster',
        authority: 'web',
        protocol: 'grpc',
        responseCode: 200,
        responseFlags: '-',
        grpcStatus: '5',
        milliseconds: 12,
        requestBytes: 100,
        responseBytes: 200,
      },
    ]);
  });

  it.each(['', 'nonsense', '[]', '{"direction":"up"}', '{"type":"DownstreamEnd"}', 'null'])(
    'makes nothing of %j',
    (line) => {
      expect(new EnvoyLogReader().read(line)).toEqual([]);
    },
  );
});
