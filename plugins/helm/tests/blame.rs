//! Histories of charts: the template and the line that printed each value.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oarlock_helm::Helm;
use oarlock_plugin::{Application, MemoryHost, ObjectHistory, Request, TreePath, blame_json, render_json};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const HELPERS: &str = "{{- define \"labels\" }}\nteam: boats\ntier: front\n{{- end }}\n";
const TEMPLATE: &str = "\
# Objects
{{- if .Values.enabled }}
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-web
  labels:
    {{- include \"labels\" . | nindent 4 }}
spec:
  ports:
  {{- range .Values.ports }}
  - port: {{ . }}
    missing: {{ $.Values.none }}x
  {{- end }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  text: |
    one
    two
";
const CRD: &str = "# A definition\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x\n";

fn request(config: &str) -> Request<String> {
    Request {
        directory: TreePath::new("chart").unwrap(),
        application: Application::default(),
        config: config.to_owned(),
        manifests: Vec::new(),
    }
}

fn host() -> MemoryHost {
    MemoryHost::new([
        ("chart/Chart.yaml", CHART),
        ("chart/values.yaml", "enabled: true\nports: [80, 443]\n"),
        ("chart/templates/_helpers.tpl", HELPERS),
        ("chart/templates/all.yaml", TEMPLATE),
        ("chart/crds/x.yaml", CRD),
    ])
}

fn histories(only: Option<usize>) -> Vec<ObjectHistory> {
    blame_json::<Helm>(&host(), request("{}"), only).unwrap().unwrap()
}

/// The place and the value of a field.
fn field(history: &ObjectHistory, pointer: &str) -> String {
    let field = history.fields.iter().find(|field| field.pointer == pointer).unwrap();
    let [assignment] = field.assignments.as_slice() else { panic!("{field:?}") };
    let origin = assignment.origin.as_ref().unwrap();
    format!("{}:{} {}", origin.path, origin.line, assignment.value)
}

#[test]
fn each_value_has_the_line_that_printed_it() {
    let histories = histories(None);
    let rendered = render_json::<Helm>(&host(), request("{}")).unwrap();
    assert_eq!(rendered.len(), histories.len());
    let of = |kind: &str| {
        let position = rendered.iter().position(|manifest| manifest.object()["kind"] == kind).unwrap();
        &histories[position]
    };
    let (service, settings, crd) = (of("Service"), of("ConfigMap"), of("CustomResourceDefinition"));
    for (history, pointer, expected) in [
        (service, "/kind", "chart/templates/all.yaml:4 \"Service\""),
        (service, "/metadata/name", "chart/templates/all.yaml:6 \"release-name-web\""),
        // What is included is printed by the line that includes it.
        (service, "/metadata/labels/tier", "chart/templates/all.yaml:8 \"front\""),
        (service, "/spec/ports/0/port", "chart/templates/all.yaml:12 80"),
        (service, "/spec/ports/1/port", "chart/templates/all.yaml:12 443"),
        (service, "/spec/ports/1/missing", "chart/templates/all.yaml:13 \"x\""),
        (settings, "/metadata/name", "chart/templates/all.yaml:19 \"settings\""),
        (settings, "/data/text", "chart/templates/all.yaml:21 \"one\\ntwo\\n\""),
        (crd, "/metadata/name", "chart/crds/x.yaml:5 \"x\""),
    ] {
        assert_eq!(field(history, pointer), expected, "{pointer}");
    }
    assert_eq!(service.made_by.by, "template");
    assert_eq!(service.made_by.origin.as_ref().unwrap().line, 3);
    assert_eq!(crd.made_by.by, "crds");
}

#[test]
fn one_history_is_given_where_one_is_wanted() {
    let all = histories(None);
    for (position, history) in all.iter().enumerate() {
        assert_eq!(histories(Some(position)), std::slice::from_ref(history));
    }
    assert_eq!(histories(Some(all.len())), []);
}

/// All that a history says of a value is what the render gives.
#[test]
fn histories_are_complete() {
    let rendered = render_json::<Helm>(&host(), request("{}")).unwrap();
    for (manifest, history) in rendered.iter().zip(histories(None)) {
        let object = serde_json::Value::Object(manifest.object().clone());
        for field in &history.fields {
            let value: serde_json::Value = serde_json::from_str(&field.assignments[0].value).unwrap();
            assert_eq!(object.pointer(&field.pointer), Some(&value), "{}", field.pointer);
        }
    }
}
