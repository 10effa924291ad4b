//! What an Argo CD Application adds: variables in configured texts, and parameters of its plugin.

use oarlock_plugin::{Application, Failure, Host, Level, Result, TreePath};
use serde::Deserialize;

use crate::config::{Config, Parameter};

/// A parameter of `spec.source.plugin.parameters`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PluginParameter {
    name: String,
    string: Option<String>,
    array: Option<Vec<String>>,
    map: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The configuration with what the Application says in its parameters: `values-files` takes the place of the configured values files,
/// since an Application knows its environment; `helm-parameters` are further single values.
///
/// # Errors
/// If the parameters are of another shape than Argo CD gives them.
pub(crate) fn with_parameters(
    mut config: Config,
    application: &Application,
    host: &dyn Host,
) -> Result<Config> {
    if application.parameters.is_empty() {
        return Ok(config);
    }
    let parameters: Option<Vec<PluginParameter>> =
        serde_json::from_str(&application.parameters).map_err(|error| {
            Failure::new(format!("the parameters of the Application cannot be read: {error}"))
                .hint("each has a `name` and one of `string`, `array` and `map`")
        })?;
    for parameter in parameters.unwrap_or_default() {
        match parameter.name.as_str() {
            "values-files" | "value-files" => {
                let one = parameter.string.filter(|path| !path.is_empty());
                config.value_files = parameter.array.into_iter().flatten().chain(one).collect();
            }
            "helm-parameters" => {
                for (name, value) in parameter.map.into_iter().flatten() {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    config.parameters.push(Parameter { name, value, force_string: false });
                }
            }
            name => host.log(Level::Info, &format!("helm knows no parameter `{name}`")),
        }
    }
    Ok(config)
}

/// Argo CD's build variables in texts of a configuration.
#[derive(Clone, Copy)]
pub(crate) struct Variables<'a> {
    pub(crate) application: &'a Application,
    /// The directory of the chart.
    pub(crate) directory: &'a TreePath,
}

impl Variables<'_> {
    /// A text with its variables replaced, as Go's `os.Expand` does: `$ARGOCD_APP_NAME`, `${ARGOCD_APP_NAME}`; `$$` is a `$`. What is not
    /// known becomes nothing.
    pub(crate) fn replaced(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            let (name, length) = name(behind);
            match name {
                "" if length == 0 => out.push('$'),
                "$" => out.push('$'),
                name => out.push_str(&self.value(name)),
            }
            rest = &behind[length..];
        }
        out + rest
    }

    fn value(self, name: &str) -> String {
        let Self { application, directory } = self;
        let given = application.environment.iter().rev().find(|(known, _)| known == name);
        if let Some((_, value)) = given {
            return value.clone();
        }
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let start = |length: usize| text(&application.revision).chars().take(length).collect();
        match name {
            "ARGOCD_APP_NAME" => text(&application.name),
            "ARGOCD_APP_NAMESPACE" => text(&application.namespace),
            "ARGOCD_APP_PROJECT_NAME" => text(&application.project),
            "ARGOCD_APP_SOURCE_REPO_URL" => text(&application.repository),
            "ARGOCD_APP_SOURCE_PATH" => directory.to_string(),
            "ARGOCD_APP_REVISION" => text(&application.revision),
            "ARGOCD_APP_REVISION_SHORT" => start(7),
            "ARGOCD_APP_REVISION_SHORT_8" => start(8),
            _ => String::new(),
        }
    }
}

/// The name behind a `$`, and how much of the text it takes. There may be none: braces around nothing, and ones that never close, are
/// swallowed all the same.
fn name(behind: &str) -> (&str, usize) {
    let is_special = |byte: u8| b"*#$@!?-".contains(&byte) || byte.is_ascii_digit();
    match behind.as_bytes() {
        [b'{', special, b'}', ..] if is_special(*special) => (&behind[1..2], 3),
        [b'{', ..] => match behind.find('}') {
            None => ("", 1),
            Some(end) => (&behind[1..end], end + 1),
        },
        [special, ..] if is_special(*special) => (&behind[..1], 1),
        _ => {
            let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
            let end = behind.find(|character| !is_name(character)).unwrap_or(behind.len());
            (&behind[..end], end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_plugin::MemoryHost;

    fn application() -> Application {
        Application {
            name: Some("shop".to_owned()),
            revision: Some("0123456789abcdef".to_owned()),
            environment: vec![("TEAM".to_owned(), "ua".to_owned())],
            ..Application::default()
        }
    }

    #[test]
    fn variables_are_replaced() {
        for (text, expected) in [
            ("values-$ARGOCD_APP_NAME.yaml", "values-shop.yaml"),
            ("${TEAM}/$ARGOCD_APP_REVISION_SHORT", "ua/0123456"),
            ("a$$b$", "a$b$"),
            ("$NOPE-x", "-x"),
            ("cost: $ 5", "cost: $ 5"),
            ("$ARGOCD_APP_SOURCE_PATH/${}x${ARGO", "apps/shop/xARGO"),
            ("$1x$-y${$}$é", "xy$$é"),
        ] {
            let directory = TreePath::new("apps/shop").unwrap();
            let variables = Variables { application: &application(), directory: &directory };
            assert_eq!(variables.replaced(text), expected, "{text}");
        }
    }

    #[test]
    fn parameters_of_the_application_count() {
        let parameters = r#"[{"name":"values-files","array":["a.yaml"]},{"name":"helm-parameters","map":{"a.b":"1"}},{"name":"x","string":"y"}]"#;
        let application = Application { parameters: parameters.to_owned(), ..application() };
        let host = MemoryHost::default();
        let configured = Config { value_files: vec!["default.yaml".to_owned()], ..Config::default() };
        let config = with_parameters(configured, &application, &host).unwrap();
        assert_eq!(config.value_files, ["a.yaml"]);
        assert_eq!(config.parameters[0].name, "a.b");
        assert_eq!(host.log_lines(), ["helm knows no parameter `x`"]);
        let broken = Application { parameters: "{}".to_owned(), ..application };
        assert!(with_parameters(Config::default(), &broken, &host).is_err());
    }
}
