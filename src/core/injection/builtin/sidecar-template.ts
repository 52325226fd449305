/**
 * The template `sidecar` of our own configuration. It keeps the names, arguments, ports and environment that users,
 * dashboards and the images expect of Istio's sidecar, so that either project's images fit, and it asks for nothing that
 * only istiod gives: no root certificate, no token for a CA, no revocation list. A pod therefore starts without one.
 *
 * What the Pod Security Standards say to the result:
 *
 * | interception           | baseline | restricted | because                                              |
 * |------------------------|----------|------------|------------------------------------------------------|
 * | NONE, or CNI           | allowed  | allowed    | no container asks for anything                       |
 * | REDIRECT (the default) | refused  | refused    | istio-init needs NET_ADMIN and NET_RAW, and root     |
 * | TPROXY                 | refused  | refused    | istio-proxy too: transparent sockets need NET_ADMIN  |
 *
 * No standard but `privileged` has room for NET_ADMIN: a namespace with `enforce: baseline` needs `pilot.cni.enabled`,
 * with which the node's CNI plugin writes the rules and istio-validation only checks that they are there.
 *
 * The label security.istio.io/tlsMode is absent on purpose. It invites peers to speak mutual TLS, which a sidecar without
 * a certificate cannot; without it peers send plain text. `disabled` would say the same, but overwrite a user's own.
 */
export const SIDECAR_TEMPLATE = `{{- /* How traffic is captured, and how the sidecar lives: the rest asks these. */ -}}
{{- $mode := annotation .ObjectMeta "sidecar.istio.io/interceptionMode" .ProxyConfig.InterceptionMode -}}
{{- $cni := .Values.pilot.cni.enabled -}}
{{- $native := ne (index .ObjectMeta.Annotations "sidecar.istio.io/nativeSidecar" | default (printf "%t" .NativeSidecars)) "false" -}}
{{- $hold := or .ProxyConfig.HoldApplicationUntilProxyStarts.GetValue .Values.global.proxy.holdApplicationUntilProxyStarts -}}
{{- $statusPort := annotation .ObjectMeta "status.sidecar.istio.io/port" .ProxyConfig.StatusPort -}}
{{- $bindLow := eq (annotation .ObjectMeta "sidecar.istio.io/capNetBindService" "false") "true" -}}
{{- $meshId := valueOrDefault .Values.global.meshID .MeshConfig.TrustDomain -}}

{{- /* The application, as telemetry and kubectl name it. */ -}}
{{- $apps := list -}}
{{- $ports := list -}}
{{- range .Spec.Containers -}}
  {{- if ne .Name "istio-proxy" -}}{{- $apps = append $apps .Name -}}{{- end -}}
  {{- range .Ports -}}{{- $ports = append $ports (structToJSON .) -}}{{- end -}}
{{- end -}}
{{- $name := index .ObjectMeta.Labels "service.istio.io/canonical-name"
  | default (index .ObjectMeta.Labels "app.kubernetes.io/name")
  | default (index .ObjectMeta.Labels "app")
  | default .DeploymentMeta.Name | trunc 63 | trimAll "-_." -}}
{{- $revision := index .ObjectMeta.Labels "service.istio.io/canonical-revision"
  | default (index .ObjectMeta.Labels "app.kubernetes.io/version")
  | default (index .ObjectMeta.Labels "version")
  | default "latest" -}}

{{- /* An annotation about resources replaces all that the values say. */ -}}
{{- define "resources" -}}
  {{- $requests := dict -}}
  {{- $limits := dict -}}
  {{- with index .ObjectMeta.Annotations "sidecar.istio.io/proxyCPU" }}{{ $_ := set $requests "cpu" . }}{{ end -}}
  {{- with index .ObjectMeta.Annotations "sidecar.istio.io/proxyMemory" }}{{ $_ := set $requests "memory" . }}{{ end -}}
  {{- with index .ObjectMeta.Annotations "sidecar.istio.io/proxyCPULimit" }}{{ $_ := set $limits "cpu" . }}{{ end -}}
  {{- with index .ObjectMeta.Annotations "sidecar.istio.io/proxyMemoryLimit" }}{{ $_ := set $limits "memory" . }}{{ end -}}
  {{- if or $requests $limits -}}
    {{- dict "requests" $requests "limits" $limits | toJson -}}
  {{- else -}}
    {{- .Values.global.proxy.resources | toJson -}}
  {{- end -}}
{{- end -}}

metadata:
  labels:
    service.istio.io/canonical-name: {{ $name | quote }}
    service.istio.io/canonical-revision: {{ $revision | quote }}
  annotations:
    istio.io/rev: {{ .Revision | default "default" | quote }}
    {{- range $key := list "kubectl.kubernetes.io/default-container" "kubectl.kubernetes.io/default-logs-container" }}
    {{- if and $apps (not (isset $.ObjectMeta.Annotations $key)) }}
    {{ $key }}: {{ first $apps | quote }}
    {{- end }}
    {{- end }}
    {{- if $cni }}
    {{- /* The CNI plugin sees the pod and not the values: what they say is told to it here. */}}
    sidecar.istio.io/interceptionMode: {{ $mode | quote }}
    traffic.sidecar.istio.io/includeOutboundIPRanges: {{ annotation .ObjectMeta "traffic.sidecar.istio.io/includeOutboundIPRanges" .Values.global.proxy.includeIPRanges | quote }}
    traffic.sidecar.istio.io/excludeOutboundIPRanges: {{ annotation .ObjectMeta "traffic.sidecar.istio.io/excludeOutboundIPRanges" .Values.global.proxy.excludeIPRanges | quote }}
    traffic.sidecar.istio.io/includeInboundPorts: {{ annotation .ObjectMeta "traffic.sidecar.istio.io/includeInboundPorts" .Values.global.proxy.includeInboundPorts | quote }}
    traffic.sidecar.istio.io/excludeInboundPorts: {{ annotation .ObjectMeta "traffic.sidecar.istio.io/excludeInboundPorts" .Values.global.proxy.excludeInboundPorts | excludeInboundPort $statusPort | quote }}
    traffic.sidecar.istio.io/includeOutboundPorts: {{ annotation .ObjectMeta "traffic.sidecar.istio.io/includeOutboundPorts" .Values.global.proxy.includeOutboundPorts | quote }}
    traffic.sidecar.istio.io/excludeOutboundPorts: {{ annotation .ObjectMeta "traffic.sidecar.istio.io/excludeOutboundPorts" .Values.global.proxy.excludeOutboundPorts | quote }}
    {{- if eq .Values.pilot.cni.provider "multus" }}
    k8s.v1.cni.cncf.io/networks: {{ appendMultusNetwork (index .ObjectMeta.Annotations "k8s.v1.cni.cncf.io/networks") "default/istio-cni" | quote }}
    {{- end }}
    {{- end }}
spec:
  {{- if or $native (ne $mode "NONE") }}
  initContainers:
  {{- end }}
  {{- if ne $mode "NONE" }}
  - name: {{ ternary "istio-validation" "istio-init" $cni }}
    {{- with .Values.global.proxy_init.image }}
    image: {{ or (contains "/" .) (contains ":" .) | ternary . (printf "%v/%s:%v" $.Values.global.hub . $.Values.global.tag) | quote }}
    {{- end }}
    {{- with .Values.global.imagePullPolicy }}
    imagePullPolicy: {{ . }}
    {{- end }}
    args:
    - istio-iptables
    - -p
    - {{ .MeshConfig.ProxyListenPort | quote }}
    - -z
    - {{ .MeshConfig.ProxyInboundListenPort | quote }}
    - -u
    - {{ eq $mode "TPROXY" | ternary 1337 .ProxyUID | quote }}
    - -m
    - {{ $mode | quote }}
    - -i
    - {{ annotation .ObjectMeta "traffic.sidecar.istio.io/includeOutboundIPRanges" .Values.global.proxy.includeIPRanges | quote }}
    - -x
    - {{ annotation .ObjectMeta "traffic.sidecar.istio.io/excludeOutboundIPRanges" .Values.global.proxy.excludeIPRanges | quote }}
    - -b
    - {{ annotation .ObjectMeta "traffic.sidecar.istio.io/includeInboundPorts" .Values.global.proxy.includeInboundPorts | quote }}
    - -d
    - {{ annotation .ObjectMeta "traffic.sidecar.istio.io/excludeInboundPorts" .Values.global.proxy.excludeInboundPorts | excludeInboundPort $statusPort | list "15090" "15021" | compact | join "," | quote }}
    {{- with annotation .ObjectMeta "traffic.sidecar.istio.io/includeOutboundPorts" .Values.global.proxy.includeOutboundPorts }}
    - -q
    - {{ . | quote }}
    {{- end }}
    {{- with annotation .ObjectMeta "traffic.sidecar.istio.io/excludeOutboundPorts" .Values.global.proxy.excludeOutboundPorts }}
    - -o
    - {{ . | quote }}
    {{- end }}
    {{- with index .ObjectMeta.Annotations "istio.io/reroute-virtual-interfaces" | default (index .ObjectMeta.Annotations "traffic.sidecar.istio.io/kubevirtInterfaces") }}
    - -k
    - {{ . | quote }}
    {{- end }}
    {{- with index .ObjectMeta.Annotations "traffic.sidecar.istio.io/excludeInterfaces" }}
    - -c
    - {{ . | quote }}
    {{- end }}
    - --log_output_level={{ annotation .ObjectMeta "sidecar.istio.io/agentLogLevel" .Values.global.logging.level }}
    {{- if $cni }}
    - --run-validation
    - --skip-rule-apply
    {{- end }}
    env:
    {{- /* iptables locks a file in /run, which is read-only here; a container's /dev/shm is not. */}}
    - name: XTABLES_LOCKFILE
      value: /dev/shm/xtables.lock
    {{- range $key, $value := .ProxyConfig.ProxyMetadata }}
    - name: {{ $key }}
      value: {{ $value | quote }}
    {{- end }}
    resources: {{ template "resources" . }}
    securityContext:
      allowPrivilegeEscalation: false
      privileged: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
        {{- if not $cni }}
        add: [NET_ADMIN, NET_RAW]
        {{- end }}
      runAsNonRoot: {{ $cni }}
      runAsUser: {{ ternary .ProxyUID 0 $cni }}
      runAsGroup: {{ ternary .ProxyGID 0 $cni }}
      seccompProfile: {{ .Values.global.proxy.seccompProfile | toJson }}
  {{- end }}
  {{- if not $native }}
  containers:
  {{- end }}
  - name: istio-proxy
    {{- with annotation .ObjectMeta "sidecar.istio.io/proxyImage" .Values.global.proxy.image }}
    image: {{ or (contains "/" .) (contains ":" .) | ternary . $.ProxyImage | quote }}
    {{- end }}
    {{- with .Values.global.imagePullPolicy }}
    imagePullPolicy: {{ . }}
    {{- end }}
    {{- if $native }}
    restartPolicy: Always
    {{- end }}
    args:
    - proxy
    - sidecar
    - --domain
    - $(POD_NAMESPACE).svc.{{ .Values.global.proxy.clusterDomain }}
    - --proxyLogLevel={{ annotation .ObjectMeta "sidecar.istio.io/logLevel" .Values.global.proxy.logLevel }}
    - --proxyComponentLogLevel={{ annotation .ObjectMeta "sidecar.istio.io/componentLogLevel" .Values.global.proxy.componentLogLevel }}
    - --log_output_level={{ annotation .ObjectMeta "sidecar.istio.io/agentLogLevel" .Values.global.logging.level }}
    {{- if .Values.global.logAsJson }}
    - --log_as_json
    {{- end }}
    ports:
    - name: http-envoy-prom
      containerPort: 15090
      protocol: TCP
    {{- if $native }}
    {{- /* Kubernetes starts it before the application and ends it after: it has to drain first, and need not be waited for. */}}
    lifecycle:
      preStop:
        exec:
          command: [pilot-agent, request, "--debug-port={{ $statusPort }}", POST, drain]
    {{- else if $hold }}
    lifecycle:
      postStart:
        exec:
          command: [pilot-agent, wait]
    {{- end }}
    env:
    - name: POD_NAME
      valueFrom:
        fieldRef:
          fieldPath: metadata.name
    - name: POD_NAMESPACE
      valueFrom:
        fieldRef:
          fieldPath: metadata.namespace
    - name: INSTANCE_IP
      valueFrom:
        fieldRef:
          fieldPath: status.podIP
    - name: SERVICE_ACCOUNT
      valueFrom:
        fieldRef:
          fieldPath: spec.serviceAccountName
    - name: HOST_IP
      valueFrom:
        fieldRef:
          fieldPath: status.hostIP
    - name: ISTIO_CPU_LIMIT
      valueFrom:
        resourceFieldRef:
          resource: limits.cpu
          divisor: "1"
    - name: PROXY_CONFIG
      value: {{ protoToJSON .ProxyConfig | quote }}
    - name: ISTIO_META_POD_PORTS
      value: {{ printf "[%s]" (join "," $ports) | quote }}
    - name: ISTIO_META_APP_CONTAINERS
      value: {{ join "," $apps | quote }}
    - name: ISTIO_META_CLUSTER_ID
      value: {{ .Values.global.multiCluster.clusterName | default "Kubernetes" | quote }}
    - name: ISTIO_META_NODE_NAME
      valueFrom:
        fieldRef:
          fieldPath: spec.nodeName
    - name: ISTIO_META_INTERCEPTION_MODE
      value: {{ $mode | quote }}
    {{- with index .ObjectMeta.Labels "service.istio.io/workload-name" | default .DeploymentMeta.Name }}
    - name: ISTIO_META_WORKLOAD_NAME
      value: {{ . | quote }}
    {{- end }}
    {{- if and .TypeMeta.APIVersion .DeploymentMeta.Name }}
    - name: ISTIO_META_OWNER
      value: {{ printf "kubernetes://apis/%s/namespaces/%s/%ss/%s" .TypeMeta.APIVersion (valueOrDefault .DeploymentMeta.Namespace "default") (toLower .TypeMeta.Kind) .DeploymentMeta.Name | quote }}
    {{- end }}
    {{- with $meshId }}
    - name: ISTIO_META_MESH_ID
      value: {{ . | quote }}
    {{- end }}
    {{- if isset .ObjectMeta.Annotations "sidecar.istio.io/bootstrapOverride" }}
    - name: ISTIO_BOOTSTRAP_OVERRIDE
      value: /etc/istio/custom-bootstrap/custom_bootstrap.json
    {{- end }}
    {{- if eq .InboundTrafficPolicyMode "localhost" }}
    - name: REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION
      value: "true"
    {{- end }}
    {{- with .CompliancePolicy }}
    - name: COMPLIANCE_POLICY
      value: {{ . | quote }}
    {{- end }}
    {{- range $key, $value := .ProxyConfig.ProxyMetadata }}
    - name: {{ $key }}
      value: {{ $value | quote }}
    {{- end }}
    {{- if ne $statusPort "0" }}
    startupProbe:
      httpGet:
        path: /healthz/ready
        port: 15021
      periodSeconds: 1
      timeoutSeconds: 3
      failureThreshold: {{ .Values.global.proxy.startupProbe.failureThreshold }}
    readinessProbe:
      httpGet:
        path: /healthz/ready
        port: 15021
      initialDelaySeconds: {{ annotation .ObjectMeta "readiness.status.sidecar.istio.io/initialDelaySeconds" .Values.global.proxy.readinessInitialDelaySeconds }}
      periodSeconds: {{ annotation .ObjectMeta "readiness.status.sidecar.istio.io/periodSeconds" .Values.global.proxy.readinessPeriodSeconds }}
      timeoutSeconds: 3
      failureThreshold: {{ annotation .ObjectMeta "readiness.status.sidecar.istio.io/failureThreshold" .Values.global.proxy.readinessFailureThreshold }}
    {{- end }}
    resources: {{ template "resources" . }}
    securityContext:
      allowPrivilegeEscalation: false
      privileged: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
        {{- if or (eq $mode "TPROXY") $bindLow }}
        add: {{ compact (list (eq $mode "TPROXY" | ternary "NET_ADMIN" "") (ternary "NET_BIND_SERVICE" "" $bindLow)) | toJson }}
        {{- end }}
      {{- if or (eq $mode "TPROXY") $bindLow }}
      {{- /* A capability reaches a process of root only; the rules then exempt the sidecar by its group. */}}
      runAsNonRoot: false
      runAsUser: 0
      runAsGroup: 1337
      {{- else }}
      runAsNonRoot: true
      runAsUser: {{ .ProxyUID }}
      runAsGroup: {{ .ProxyGID }}
      {{- end }}
      seccompProfile: {{ .Values.global.proxy.seccompProfile | toJson }}
    volumeMounts:
    - name: istio-envoy
      mountPath: /etc/istio/proxy
    - name: istio-data
      mountPath: /var/lib/istio/data
    - name: istio-podinfo
      mountPath: /etc/istio/pod
    - name: workload-socket
      mountPath: /var/run/secrets/workload-spiffe-uds
    {{- if isset .ObjectMeta.Annotations "sidecar.istio.io/bootstrapOverride" }}
    - name: custom-bootstrap-volume
      mountPath: /etc/istio/custom-bootstrap
    {{- end }}
    {{- if isset .ObjectMeta.Annotations "sidecar.istio.io/userVolumeMount" }}
    {{- range $name, $mount := fromJSON (index .ObjectMeta.Annotations "sidecar.istio.io/userVolumeMount") }}
    - {{ set $mount "name" $name | toJson }}
    {{- end }}
    {{- end }}
  volumes:
  - name: istio-envoy
    emptyDir:
      medium: Memory
  - name: istio-data
    emptyDir: {}
  - name: istio-podinfo
    downwardAPI:
      items:
      - path: labels
        fieldRef:
          fieldPath: metadata.labels
      - path: annotations
        fieldRef:
          fieldPath: metadata.annotations
  - name: workload-socket
    emptyDir: {}
  {{- if isset .ObjectMeta.Annotations "sidecar.istio.io/bootstrapOverride" }}
  - name: custom-bootstrap-volume
    configMap:
      name: {{ index .ObjectMeta.Annotations "sidecar.istio.io/bootstrapOverride" | quote }}
  {{- end }}
  {{- if isset .ObjectMeta.Annotations "sidecar.istio.io/userVolume" }}
  {{- range $name, $volume := fromJSON (index .ObjectMeta.Annotations "sidecar.istio.io/userVolume") }}
  - {{ set $volume "name" $name | toJson }}
  {{- end }}
  {{- end }}
  {{- with .Values.global.imagePullSecrets }}
  imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
  {{- end }}
`;
