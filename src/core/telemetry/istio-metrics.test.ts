import { describe, expect, it } from 'vitest';
import { type HttpExchange, IstioMetrics, type TcpProgress, workloadIdentity } from './index.ts';

const WEB = workloadIdentity({
  WORKLOAD_NAME: 'web',
  NAMESPACE: 'shop',
  CLUSTER_ID: 'Kubernetes',
  LABELS: {
    app: 'web',
    version: 'v1',
    'service.istio.io/canonical-name': 'web',
    'service.istio.io/canonical-revision': 'v1',
  },
});

const REQUEST: HttpExchange = {
  kind: 'http',
  direction: 'inbound',
  cluster: 'InboundPassthroughCluster',
  authority: 'web.shop:8080',
  protocol: 'http',
  responseCode: 200,
  responseFlags: '-',
  grpcStatus: '',
  milliseconds: 7,
  requestBytes: 120,
  responseBytes: 4000,
};

const CONNECTION: TcpProgress = {
  kind: 'tcp',
  phase: 'opened',
  direction: 'outbound',
  cluster: 'PassthroughCluster',
  responseFlags: '-',
  receivedBytes: 0,
  sentBytes: 0,
};

function counted(...events: readonly (HttpExchange | TcpProgress)[]): string[] {
  const metrics = new IstioMetrics(WEB);
  for (const event of events) metrics.record(event);
  return metrics.text().split('\n');
}

describe('IstioMetrics', () => {
  it('counts a request to an undeclared port with the labels of Istio, in their order', () => {
    expect(counted(REQUEST)).toContain(
      'istio_requests_total{reporter="destination",source_workload="unknown",source_canonical_service="unknown",' +
        'source_canonical_revision="latest",source_workload_namespace="unknown",source_principal="unknown",' +
        'source_app="unknown",source_version="unknown",source_cluster="unknown",destination_workload="web",' +
        'destination_workload_namespace="shop",destination_principal="unknown",destination_app="web",' +
        'destination_version="v1",destination_service="web",destination_canonical_service="web",' +
        'destination_canonical_revision="v1",destination_service_name="InboundPassthroughCluster",' +
        'destination_service_namespace="shop",destination_cluster="Kubernetes",request_protocol="http",' +
        'response_code="200",grpc_response_status="",response_flags="-",connection_security_policy="none"} 1',
    );
  });

  it('reports what the pod sends as its source', () => {
    const [line = ''] = counted(CONNECTION).filter((text) => text.startsWith('istio_tcp_connections_opened_total{'));
    expect(line).toContain('reporter="source",source_workload="web"');
    expect(line).toContain('destination_workload="unknown"');
    expect(line).toContain('destination_service_name="PassthroughCluster"');
    expect(line).toContain('request_protocol="tcp",response_flags="-",connection_security_policy="unknown"} 1');
  });

  it('adds up bytes of a connection as it goes on', () => {
    const lines = counted(
      CONNECTION,
      { ...CONNECTION, phase: 'progress', receivedBytes: 10, sentBytes: 100 },
      { ...CONNECTION, phase: 'closed', receivedBytes: 5, sentBytes: 1 },
    );
    const value = (name: string): string | undefined =>
      lines
        .find((line) => line.startsWith(`${name}{`))
        ?.split(' ')
        .at(-1);
    expect(value('istio_tcp_connections_opened_total')).toBe('1');
    expect(value('istio_tcp_connections_closed_total')).toBe('1');
    expect(value('istio_tcp_received_bytes_total')).toBe('15');
    expect(value('istio_tcp_sent_bytes_total')).toBe('101');
  });

  it('has histograms that add up', () => {
    const lines = counted(REQUEST, { ...REQUEST, milliseconds: 4_000_000 });
    const bucket = (bound: string): string | undefined =>
      lines
        .find((line) => line.startsWith('istio_request_duration_milliseconds_bucket') && line.includes(`le="${bound}"`))
        ?.split(' ')
        .at(-1);
    expect(['5', '10', '3600000', '+Inf'].map(bucket)).toEqual(['0', '1', '1', '2']);
    expect(lines.some((line) => /^istio_request_duration_milliseconds_sum\{.*\} 4000007$/.test(line))).toBe(true);
  });

  it('shows nothing that was not counted', () => {
    expect(counted().join('\n')).toBe('# TYPE istio_build gauge\nistio_build{component="proxy",tag="unknown"} 1\n');
  });

  it('does not grow without end when every request names another host', () => {
    const metrics = new IstioMetrics(WEB);
    for (let i = 0; i < 6_000; i++) metrics.record({ ...REQUEST, direction: 'outbound', authority: `h${i}` });
    const lines = metrics.text().split('\n');
    expect(lines.filter((line) => line.startsWith('istio_requests_total{'))).toHaveLength(5_000);
    expect(lines).toContain('remora_telemetry_dropped_total 1000');
  });

  it('escapes what a client may write into a Host header', () => {
    const [line = ''] = counted({ ...REQUEST, direction: 'outbound', authority: 'a"b\\c\nd', cluster: 'x' }).filter(
      (text) => text.startsWith('istio_requests_total{'),
    );
    expect(line).toContain('destination_service="a\\"b\\\\c\\nd"');
  });
});
