//! A chart in memory, rendered by the plugin as the host calls it.

use oarlock_helm::Helm;
use oarlock_plugin::{Application, Failures, Manifest, MemoryHost, Request, TreePath, render_json};

/// The chart's `Chart.yaml`, unless a test brings its own.
pub(crate) const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  values: {{ toJson .Values | quote }}\n";

/// Renders the chart of the directory `c` with these files.
pub(crate) fn render(
    files: &[(&str, &str)],
    config: &str,
    application: Application,
) -> (Result<Vec<Manifest>, Failures>, MemoryHost) {
    let base = [("c/Chart.yaml", CHART), ("c/templates/map.yaml", MAP)];
    let host = MemoryHost::new(base.into_iter().chain(files.iter().copied()));
    (render_in(&host, config, application), host)
}

/// Renders the chart of the directory `c` of a host.
pub(crate) fn render_in(
    host: &MemoryHost,
    config: &str,
    application: Application,
) -> Result<Vec<Manifest>, Failures> {
    let request = Request {
        directory: TreePath::new("c").unwrap(),
        application,
        config: config.to_owned(),
        manifests: Vec::new(),
    };
    render_json::<Helm>(host, request)
}

/// What is wrong with the chart.
pub(crate) fn failure(files: &[(&str, &str)], config: &str) -> String {
    render(files, config, Application::default()).0.unwrap_err().to_string()
}
