import type { MessageTable } from './descriptor.ts';

/**
 * Messages of istio.networking that mesh and proxy configuration borrow.
 * The union over releases 1.0 to 1.32, in the order of the Go structs, which is the order of JSON output. Row format: descriptor.ts.
 */
export const NETWORKING_MESSAGES: MessageTable = {
  'istio.networking.v1alpha3': {
    messages: {
      ClientTLSSettings: [
        '1 mode ClientTLSSettings.TLSmode',
        '2 client_certificate string',
        '3 private_key string',
        '4 ca_certificates string',
        '7 credential_name string',
        '5 subject_alt_names []string',
        '6 sni string',
        '8 insecure_skip_verify BoolValue',
        '9 ca_crl string since=21',
      ],
      ConnectionPoolSettings: [
        '1 tcp ConnectionPoolSettings.TCPSettings',
        '2 http ConnectionPoolSettings.HTTPSettings',
      ],
      'ConnectionPoolSettings.HTTPSettings': [
        '1 http1_max_pending_requests int32',
        '2 http2_max_requests int32',
        '3 max_requests_per_connection int32',
        '4 max_retries int32',
        '5 idle_timeout duration',
        '6 h2_upgrade_policy ConnectionPoolSettings.HTTPSettings.H2UpgradePolicy',
        '7 use_client_protocol bool',
        '8 max_concurrent_streams int32 since=21',
        '9 http2_keep_alive ConnectionPoolSettings.HTTPSettings.ConnectionKeepalive since=30',
      ],
      'ConnectionPoolSettings.HTTPSettings.ConnectionKeepalive': [
        '1 interval duration since=30',
        '2 timeout duration since=30',
      ],
      'ConnectionPoolSettings.TCPSettings': [
        '1 max_connections int32',
        '2 connect_timeout duration',
        '3 tcp_keepalive ConnectionPoolSettings.TCPSettings.TcpKeepalive',
        '4 max_connection_duration duration',
        '5 idle_timeout duration since=21',
      ],
      'ConnectionPoolSettings.TCPSettings.TcpKeepalive': ['1 probes uint32', '2 time duration', '3 interval duration'],
      ExecHealthCheckConfig: ['1 command []string'],
      GrpcHealthCheckConfig: ['1 port uint32 since=25', '2 service string since=25'],
      HTTPHeader: ['1 name string', '2 value string'],
      HTTPHealthCheckConfig: [
        '1 path string',
        '2 port uint32',
        '3 host string',
        '4 scheme string',
        '5 http_headers []HTTPHeader',
      ],
      HTTPRetry: [
        '1 attempts int32',
        '2 per_try_timeout duration',
        '3 retry_on string',
        '4 retry_remote_localities BoolValue',
        '5 retry_ignore_previous_hosts BoolValue since=25',
        '6 backoff duration since=25',
      ],
      LocalityLoadBalancerSetting: [
        '1 distribute []LocalityLoadBalancerSetting.Distribute',
        '2 failover []LocalityLoadBalancerSetting.Failover',
        '4 failover_priority []string',
        '3 enabled BoolValue',
      ],
      'LocalityLoadBalancerSetting.Distribute': ['1 from string', '2 to map<string,uint32>'],
      'LocalityLoadBalancerSetting.Failover': ['1 from string', '2 to string'],
      OutlierDetection: [
        '1 consecutive_errors int32 deprecated',
        '8 split_external_local_origin_errors bool',
        '9 consecutive_local_origin_failures UInt32Value',
        '6 consecutive_gateway_errors UInt32Value',
        '7 consecutive_5xx_errors UInt32Value',
        '2 interval duration',
        '3 base_ejection_time duration',
        '4 max_ejection_percent int32',
        '5 min_health_percent int32',
        '10 outlier_detection_http_error_codes []uint32 since=30',
      ],
      ReadinessProbe: [
        '2 initial_delay_seconds int32',
        '3 timeout_seconds int32',
        '4 period_seconds int32',
        '5 success_threshold int32',
        '6 failure_threshold int32',
        '7 http_get HTTPHealthCheckConfig oneof=health_check_method',
        '8 tcp_socket TCPHealthCheckConfig oneof=health_check_method',
        '9 exec ExecHealthCheckConfig oneof=health_check_method',
        '10 grpc GrpcHealthCheckConfig oneof=health_check_method since=25',
      ],
      TCPHealthCheckConfig: ['1 host string', '2 port uint32'],
      ZoneAwareLoadBalancerSetting: [
        '1 enabled BoolValue since=30',
        '2 failover []ZoneAwareLoadBalancerSetting.Failover since=30',
        '3 failover_priority []string since=30',
        '4 min_cluster_size UInt32Value since=30',
      ],
      'ZoneAwareLoadBalancerSetting.Failover': ['1 from string since=30', '2 to string since=30'],
    },
    enums: {
      'ClientTLSSettings.TLSmode': 'DISABLE=0 SIMPLE=1 MUTUAL=2 ISTIO_MUTUAL=3',
      'ConnectionPoolSettings.HTTPSettings.H2UpgradePolicy': 'DEFAULT=0 DO_NOT_UPGRADE=1 UPGRADE=2',
    },
  },
  'istio.networking.v1beta1': {
    messages: {
      ProxyImage: ['1 image_type string'],
    },
    enums: {},
  },
};
