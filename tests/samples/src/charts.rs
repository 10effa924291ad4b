//! Charts.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// The files of a subchart: an application as `helm create` lays it out.
const SERVICE: [(&str, &str); 8] = [
    ("values.yaml", include_str!("charts/service/values.yaml")),
    ("templates/_helpers.tpl", include_str!("charts/service/_helpers.tpl")),
    ("templates/configmap.yaml", include_str!("charts/service/configmap.yaml")),
    ("templates/deployment.yaml", include_str!("charts/service/deployment.yaml")),
    ("templates/autoscaler.yaml", include_str!("charts/service/autoscaler.yaml")),
    ("templates/ingress.yaml", include_str!("charts/service/ingress.yaml")),
    ("templates/service.yaml", include_str!("charts/service/service.yaml")),
    ("templates/serviceaccount.yaml", include_str!("charts/service/serviceaccount.yaml")),
];

/// A definition up to the fields of its schema, and one of them.
const DEFINITION: &str = include_str!("charts/definition.yaml");
const FIELD: &str = include_str!("charts/field.yaml");

/// Writes a chart that has nothing but subcharts, and values for each.
///
/// # Errors
/// If the directory cannot be written.
pub fn write_umbrella(directory: &Path, subcharts: usize) -> io::Result<()> {
    let mut chart = "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n".to_owned();
    let mut values = "global:\n  registry: registry.example.com\n".to_owned();
    for number in 0..subcharts {
        let name = format!("service-{number}");
        // Writing to a string never fails.
        let _ = write!(chart, "- name: {name}\n  version: 1.0.0\n  condition: {name}.enabled\n");
        let _ = write!(
            values,
            "{name}:\n  enabled: true\n  replicas: {}\n  ingress:\n    host: {name}.example.com\n",
            number + 1
        );
        write_service(&directory.join("charts").join(&name), &name)?;
    }
    fs::write(directory.join("Chart.yaml"), chart)?;
    fs::write(directory.join("values.yaml"), values)?;
    Ok(())
}

/// Writes the chart of one application. It takes the registry of its image from `global.registry`.
///
/// # Errors
/// If the directory cannot be written.
pub fn write_service(directory: &Path, name: &str) -> io::Result<()> {
    fs::create_dir_all(directory.join("templates"))?;
    fs::write(directory.join("Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n"))?;
    for (path, text) in SERVICE {
        fs::write(directory.join(path), text.replace("service.", &format!("{name}.")))?;
    }
    Ok(())
}

/// Writes a chart of objects that call a function each.
///
/// # Errors
/// If the directory cannot be written.
pub fn write_calls(directory: &Path, call: &str, calls: usize) -> io::Result<()> {
    fs::create_dir_all(directory.join("templates"))?;
    fs::write(directory.join("Chart.yaml"), "apiVersion: v2\nname: calls\nversion: 1.0.0\n")?;
    let head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ";
    for number in 0..calls {
        let template = format!("{head}s{number}\ndata:\n  key: {{{{ {call} | b64enc }}}}\n");
        fs::write(directory.join(format!("templates/s{number}.yaml")), template)?;
    }
    Ok(())
}

/// Writes a chart that has nothing but definitions in `crds/`, each with the schemas of so many
/// fields.
///
/// # Errors
/// If the directory cannot be written.
pub fn write_definitions(directory: &Path, definitions: usize, fields: usize) -> io::Result<()> {
    fs::create_dir_all(directory.join("crds"))?;
    fs::write(directory.join("Chart.yaml"), "apiVersion: v2\nname: definitions\nversion: 1.0.0\n")?;
    for number in 0..definitions {
        let mut text = DEFINITION.replace("NUMBER", &number.to_string());
        for field in 0..fields {
            text.push_str(&FIELD.replace("NUMBER", &field.to_string()));
        }
        fs::write(directory.join(format!("crds/d{number}.yaml")), text)?;
    }
    Ok(())
}
