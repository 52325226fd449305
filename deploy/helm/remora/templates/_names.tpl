{{/* The names of everything, of one revision: namesOf of src/core/install/options.ts. */}}
{{- define "remora.suffix" -}}
{{- if .Values.revision }}-{{ .Values.revision }}{{ end -}}
{{- end -}}

{{/* Of cluster-wide objects, two installations in one cluster must differ in name. */}}
{{- define "remora.clusterSuffix" -}}
{{- include "remora.suffix" . -}}
{{- if ne .Release.Namespace "remora-system" }}-{{ .Release.Namespace }}{{ end -}}
{{- end -}}

{{- define "remora.workload" -}}remora-webhook{{ include "remora.suffix" . }}{{- end -}}
{{- define "remora.clusterRole" -}}remora-webhook{{ include "remora.clusterSuffix" . }}{{- end -}}
{{- define "remora.configuration" -}}remora-sidecar-injector{{ include "remora.clusterSuffix" . }}{{- end -}}
{{- define "remora.servingSecret" -}}remora-webhook-tls{{ include "remora.suffix" . }}{{- end -}}
{{- define "remora.tag" -}}{{ .Values.tag | default .Chart.AppVersion }}{{- end -}}
{{- define "remora.image" -}}
{{ .Values.image | default (printf "%s/webhook:%s" .Values.hub (include "remora.tag" .)) }}
{{- end -}}

{{/* The label by which istiod and its tools know a revision. */}}
{{- define "remora.revision" -}}{{ .Values.revision | default "default" }}{{- end -}}

{{- define "remora.labels" -}}
app.kubernetes.io/name: remora-webhook
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: remora
istio.io/rev: {{ include "remora.revision" . | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "remora.podLabels" -}}
app: remora-webhook
istio.io/rev: {{ include "remora.revision" . | quote }}
{{- end -}}
