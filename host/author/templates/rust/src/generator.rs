//! Makes a ConfigMap of the file `settings.json`.

use oarlock_plugin::{
    Failure, Failures, Host, Manifest, Origin, Plugin, ReadError, Request, Stage, TreePath, schemars, serde,
    serde_json::{self, Map, Value, json},
};

/// The file that a directory has if this plugin renders it.
const FILE: &str = "settings.json";

/// What a pipeline may configure.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "serde", deny_unknown_fields)]
#[schemars(crate = "schemars")]
pub struct Config {
    /// The name of the ConfigMap.
    #[serde(default = "settings")]
    name: String,
}

fn settings() -> String {
    "settings".to_owned()
}

/// The plugin.
pub struct Settings;

impl Plugin for Settings {
    type Config = Config;
    const NAME: &'static str = "{{name}}";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Generator;
    const SUMMARY: &'static str = "Makes a ConfigMap of settings.json";

    fn detect(host: &dyn Host, directory: &TreePath) -> Result<bool, Failure> {
        let path = file(directory)?;
        match host.stat(&path) {
            Ok(_) => Ok(true),
            Err(ReadError::NotFound) => Ok(false),
            Err(error) => Err(error.at(&path)),
        }
    }

    fn render(host: &dyn Host, request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let path = file(&request.directory)?;
        let origin = Origin::file(path.as_str());
        let text = host.read(&path).map_err(|error| error.at(&path))?;
        let data: Map<String, Value> = serde_json::from_slice(&text)
            .map_err(|error| Failure::new(format!("not a JSON object: {error}")).at(origin.clone()))?;
        let wrong = data.iter().filter(|(_, value)| !value.is_string()).map(|(key, _)| {
            Failure::new(format!("`{key}` is not text")).at(origin.clone()).hint("put it in quotes")
        });
        Failures::check(wrong.collect())?;
        let object = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": request.config.name},
            "data": data,
        });
        Ok(vec![Manifest::from_value(&object)?.with_origin(Some(origin))])
    }
}

fn file(directory: &TreePath) -> Result<TreePath, Failure> {
    directory.join(FILE).map_err(|error| Failure::new(error.to_string()))
}

oarlock_plugin::export!(Settings);
