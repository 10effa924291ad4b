{{/* Labels of every object of this chart. */}}
{{- define "message-broker.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
environment: {{ required "set `environment`: use values-dev.yaml or values-prod.yaml" .Values.environment }}
{{- end -}}

{{/* Image of the broker: the tag of the values, else the chart's appVersion. */}}
{{- define "message-broker.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
