{{/* Labels of every object of this chart. */}}
{{- define "user-exchange-topology.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
environment: {{ required "set `environment`: use values-dev.yaml or values-prod.yaml" .Values.environment }}
{{- end -}}

{{/* The broker that the messaging topology operator writes to. */}}
{{- define "user-exchange-topology.cluster" -}}
rabbitmqClusterReference:
  name: {{ .Values.cluster }}
{{- end -}}

{{/* An object's name from a routing key: `user.*.consent` -> `user-any-consent`. */}}
{{- define "user-exchange-topology.slug" -}}
{{ . | replace "*" "any" | replace "#" "all" | replace "." "-" | lower | trunc 40 | trimSuffix "-" }}
{{- end -}}
