//! Writes the label `team` into every manifest.

use oarlock_plugin::{
    Failure, Failures, Host, Manifest, Origin, Plugin, Request, Stage, schemars, serde, serde_json::json,
};

/// What a pipeline may configure.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "serde", deny_unknown_fields)]
#[schemars(crate = "schemars")]
pub struct Config {
    /// The team that owns the manifests.
    team: String,
}

/// The plugin.
pub struct TeamLabels;

impl Plugin for TeamLabels {
    type Config = Config;
    const NAME: &'static str = "{{name}}";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STAGE: Stage = Stage::Transformer;
    const SUMMARY: &'static str = "Writes the owning team into every manifest";

    fn render(_: &dyn Host, mut request: Request<Config>) -> Result<Vec<Manifest>, Failures> {
        let team = &request.config.team;
        if !is_label_value(team) {
            let failure = Failure::new(format!("`{team}` cannot be the value of a label"))
                .at(Origin::in_config(["team"]))
                .hint("use at most 63 letters, digits, `-`, `_` and `.`");
            return Err(failure.into());
        }
        for manifest in &mut request.manifests {
            let metadata = manifest.object_mut().entry("metadata").or_insert_with(|| json!({}));
            let Some(metadata) = metadata.as_object_mut() else { continue };
            let labels = metadata.entry("labels").or_insert_with(|| json!({}));
            if let Some(labels) = labels.as_object_mut() {
                labels.insert("team".to_owned(), json!(team));
            }
        }
        Ok(request.manifests)
    }
}

fn is_label_value(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    !text.is_empty() && text.len() <= 63 && text.chars().all(is_plain)
}

oarlock_plugin::export!(TeamLabels);
