{{/* Labels of every object of this chart. */}}
{{- define "user-exchange-client.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
environment: {{ required "set `environment`: use values-dev.yaml or values-prod.yaml" .Values.environment }}
{{- end -}}
