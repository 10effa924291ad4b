//! What an Argo CD Application may say by the parameters of its plugin.

use oarlock_go_template::{Map, Value, fmt};
use oarlock_plugin::{Application, Host, Parameter as Announced, ParameterValue, Result, TreePath};

use crate::config::{Config, Parameter};
use crate::values::{merge_maps, read_values};

const VALUES_FILES: &str = "values-files";
const HELM_PARAMETERS: &str = "helm-parameters";

/// So many values are shown at most; a list of thousands helps nobody.
const MAX_SHOWN: usize = 1_000;

/// The configuration with what the Application says in its parameters: `values-files` takes the
/// place of the configured values files, since an Application knows its environment;
/// `helm-parameters` are further single values.
///
/// # Errors
/// If the parameters are of another shape than Argo CD gives them.
pub(crate) fn with_parameters(mut config: Config, application: &Application) -> Result<Config> {
    for parameter in application.set_parameters()? {
        match parameter.name.as_str() {
            VALUES_FILES => parameter.as_array()?.clone_into(&mut config.value_files),
            HELM_PARAMETERS => {
                let single = |(name, value): (&String, &String)| Parameter {
                    name: name.clone(),
                    value: value.clone(),
                    force_string: false,
                };
                config.parameters.extend(parameter.as_map()?.iter().map(single));
            }
            // Those of other plugins.
            _ => {}
        }
    }
    Ok(config)
}

/// What may be set, with what holds now: the values files, and every single value by its path.
///
/// # Errors
/// If the chart's values cannot be read.
pub(crate) fn announce(
    config: &Config,
    values: &Map,
    chart: &TreePath,
    host: &dyn Host,
) -> Result<Vec<Announced>> {
    let file = format!("{chart}/values.yaml");
    let own = match host.read(&file) {
        Ok(text) => read_values(&text, config.profile).map_err(|error| {
            oarlock_plugin::Failure::new(error.message).at(oarlock_plugin::Origin::file(file))
        })?,
        Err(_) => Map::new(),
    };
    let mut shown = Vec::new();
    flatten("", &Value::Map(merge_maps(&own, values)), &mut shown);
    Ok(vec![
        Announced::new(
            VALUES_FILES,
            "Values files",
            "In place of the configured ones: from the chart's directory, or from the root of the repository with a leading /",
            ParameterValue::Array(config.value_files.clone()),
        ),
        Announced::new(
            HELM_PARAMETERS,
            "Helm parameters",
            "Single values by their paths, as --set takes them; they win over all values files",
            ParameterValue::Map(shown),
        ),
    ])
}

/// Every single value by its path, as `--set` would name it.
fn flatten(path: &str, value: &Value, into: &mut Vec<(String, String)>) {
    if into.len() >= MAX_SHOWN {
        return;
    }
    match value {
        Value::Map(map) => {
            for (key, value) in map.entries().iter() {
                let key = key.to_text().replace('.', "\\.");
                flatten(&if path.is_empty() { key } else { format!("{path}.{key}") }, value, into);
            }
        }
        Value::List(items) => {
            for (index, item) in items.items().iter().enumerate() {
                flatten(&format!("{path}[{index}]"), item, into);
            }
        }
        Value::Nil => {}
        // As `--set` takes them, which reads no exponents.
        Value::Float(number) => into.push((path.to_owned(), fmt::format_float(*number, b'f', None))),
        value => {
            let text = fmt::sprint(std::slice::from_ref(value)).unwrap_or_default();
            into.push((path.to_owned(), text.to_text().into_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use oarlock_plugin::MemoryHost;

    #[test]
    fn parameters_of_the_application_count() {
        let set = |parameters: &str| {
            let application = Application { parameters: parameters.to_owned(), ..Application::default() };
            let configured = Config { value_files: vec!["default.yaml".to_owned()], ..Config::default() };
            with_parameters(configured, &application)
        };
        let config = set(
            r#"[{"name":"values-files","array":["a.yaml"]},{"name":"helm-parameters","map":{"a.b":"1"}},{"name":"x","string":"y"}]"#,
        )
        .unwrap();
        assert_eq!(config.value_files, ["a.yaml"]);
        assert_eq!(config.parameters[0].name, "a.b");
        assert_eq!(set("null").unwrap().value_files, ["default.yaml"]);
        assert!(set("{}").is_err());
        let message = set(r#"[{"name":"values-files","string":"a.yaml"}]"#).unwrap_err().message;
        assert_eq!(message, "parameter `values-files` is no array");
    }

    #[test]
    fn all_values_are_announced() {
        let host = MemoryHost::new([(
            "c/values.yaml",
            "image: {tag: 1.10, pull: true}\nhosts: [a, {b: c}]\nmany: 10000000\nnone: null\nempty: {}\nsome.dot: x\n",
        )]);
        let config = Config { value_files: vec!["prod.yaml".to_owned()], ..Config::default() };
        let own = read_values(b"image: {tag: \"2\"}\n", Profile::V4_2).unwrap();
        let chart = TreePath::new("c").unwrap();
        let [files, values] = announce(&config, &own, &chart, &host).unwrap().try_into().unwrap();
        assert_eq!(files.value, ParameterValue::Array(vec!["prod.yaml".to_owned()]));
        let expected = [
            ("hosts[0]", "a"),
            ("hosts[1].b", "c"),
            ("image.pull", "true"),
            ("image.tag", "2"),
            ("many", "10000000"),
            ("some\\.dot", "x"),
        ];
        let expected = expected.map(|(path, value)| (path.to_owned(), value.to_owned()));
        assert_eq!(values.value, ParameterValue::Map(expected.to_vec()));
    }
}
