//! Charts made up, the same at every run.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

/// The files of a subchart: an application as `helm create` lays it out.
const SERVICE: [(&str, &str); 8] = [
    ("values.yaml", include_str!("service/values.yaml")),
    ("templates/_helpers.tpl", include_str!("service/_helpers.tpl")),
    ("templates/configmap.yaml", include_str!("service/configmap.yaml")),
    ("templates/deployment.yaml", include_str!("service/deployment.yaml")),
    ("templates/autoscaler.yaml", include_str!("service/autoscaler.yaml")),
    ("templates/ingress.yaml", include_str!("service/ingress.yaml")),
    ("templates/service.yaml", include_str!("service/service.yaml")),
    ("templates/serviceaccount.yaml", include_str!("service/serviceaccount.yaml")),
];

/// Writes a chart that has nothing but subcharts, and values for each.
pub(super) fn write_umbrella(directory: &Path, subcharts: usize) -> Result<()> {
    let mut chart = "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n".to_owned();
    let mut values = "global:\n  registry: registry.example.com\n".to_owned();
    for number in 0..subcharts {
        let name = format!("service-{number}");
        write!(chart, "- name: {name}\n  version: 1.0.0\n  condition: {name}.enabled\n")?;
        write!(
            values,
            "{name}:\n  enabled: true\n  replicas: {}\n  ingress:\n    host: {name}.example.com\n",
            number + 1
        )?;
        let subchart = directory.join("charts").join(&name);
        fs::create_dir_all(subchart.join("templates"))?;
        fs::write(subchart.join("Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n"))?;
        for (path, text) in SERVICE {
            fs::write(subchart.join(path), text.replace("service.", &format!("{name}.")))?;
        }
    }
    fs::write(directory.join("Chart.yaml"), chart)?;
    fs::write(directory.join("values.yaml"), values)?;
    Ok(())
}

/// Writes a chart of objects that call a function each.
pub(super) fn write_calls(directory: &Path, call: &str, calls: usize) -> Result<()> {
    fs::create_dir_all(directory.join("templates"))?;
    fs::write(directory.join("Chart.yaml"), "apiVersion: v2\nname: calls\nversion: 1.0.0\n")?;
    let head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ";
    for number in 0..calls {
        let template = format!("{head}s{number}\ndata:\n  key: {{{{ {call} | b64enc }}}}\n");
        fs::write(directory.join(format!("templates/s{number}.yaml")), template)?;
    }
    Ok(())
}

/// Whether a chart, or a directory in its `charts/`, has CRDs beside its templates.
pub(super) fn have_crds(chart: &Path) -> Result<bool> {
    let within = chart.join("charts");
    let mut charts = vec![chart.to_owned()];
    if within.is_dir() {
        for entry in fs::read_dir(within)? {
            charts.push(entry?.path());
        }
    }
    Ok(charts.iter().any(|chart| chart.join("crds").is_dir()))
}

/// Copies a chart so many times, each under a name of its own.
pub(super) fn copy(chart: &Path, into: &Path, copies: usize) -> Result<()> {
    for number in 0..copies {
        let name = format!("chart-{number:03}");
        let directory = into.join(&name);
        fs::create_dir_all(directory.join("templates"))?;
        for part in ["", "templates"] {
            for entry in fs::read_dir(chart.join(part))? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    fs::copy(entry.path(), directory.join(part).join(entry.file_name()))?;
                }
            }
        }
    }
    Ok(())
}
