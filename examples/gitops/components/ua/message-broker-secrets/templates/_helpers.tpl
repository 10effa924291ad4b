{{/* Labels of every object of this chart. */}}
{{- define "message-broker-secrets.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
environment: {{ required "set `environment`: use values-dev.yaml or values-prod.yaml" .Values.environment }}
{{- end -}}

{{/*
The text of a template for the Vault operator: the key of the Vault secret, or a failure that names the key. Without the guard a
missing key would become the text `<no value>`. The operator's braces are back-quoted, so that Helm leaves them alone.
*/}}
{{- define "message-broker-secrets.key" -}}
{{ printf `{{ if hasKey .Secrets "%s" }}{{ get .Secrets "%s" }}{{ else }}{{ fail "key %s is missing" }}{{ end }}` . . . }}
{{- end -}}
