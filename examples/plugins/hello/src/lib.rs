//! The smallest plugin: writes an annotation into every manifest.

use oarlock_plugin::{Failures, Host, Manifest, Plugin, Request, Stage, schemars, serde};

/// What a pipeline may configure.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "serde", deny_unknown_fields)]
#[schemars(crate = "schemars")]
pub struct Config {
    /// Whom to greet.
    name: String,
}

/// The plugin.
pub struct Hello;

impl Plugin for Hello {
    type Config = Config;
    const NAME: &'static str = "hello";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Transformer;
    const SUMMARY: &'static str = "Greets in an annotation of every manifest";

    fn render(_: &dyn Host, mut request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        for manifest in &mut request.manifests {
            manifest.set_annotation("example.com/hello", &format!("hello, {}", request.config.name));
        }
        Ok(request.manifests)
    }
}

oarlock_plugin::export!(Hello);
