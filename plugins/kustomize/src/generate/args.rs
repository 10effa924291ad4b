//! What the generator fields of a kustomization say.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::resource::Behavior;

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct GeneratorArgs {
    pub name: String,
    pub namespace: String,
    /// See [`behavior`](Self::behavior).
    pub behavior: String,
    /// `key=value`.
    pub literals: Vec<String>,
    /// `path` or `key=path`: the file's content under the key, or under its own name.
    pub files: Vec<String>,
    /// Paths of files with a `key=value` a line.
    pub envs: Vec<String>,
    /// Deprecated singular of `envs`.
    pub env: String,
    pub options: Option<GeneratorOptions>,
    /// `type` of a Secret.
    #[serde(rename = "type")]
    pub secret_type: Option<String>,
}

/// `generatorOptions`, or the `options` of one generator.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct GeneratorOptions {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub disable_name_suffix_hash: bool,
    pub immutable: bool,
}

impl GeneratorArgs {
    /// What is done about a resource of the same id. A word that kustomize does not know is as good
    /// as none.
    pub(crate) fn behavior(&self) -> Behavior {
        match self.behavior.as_str() {
            "merge" => Behavior::Merge,
            "replace" => Behavior::Replace,
            _ => Behavior::Create,
        }
    }

    /// Adds the options that hold for all generators. Labels and annotations given here win; a
    /// switch that is on for all stays on, since kustomize cannot tell `false` from nothing.
    #[must_use]
    pub(crate) fn with_global_options(&self, global: Option<&GeneratorOptions>) -> Self {
        let mut args = self.clone();
        if let Some(global) = global {
            let options = args.options.get_or_insert_default();
            for (local, global) in
                [(&mut options.labels, &global.labels), (&mut options.annotations, &global.annotations)]
            {
                for (key, value) in global {
                    local.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            options.disable_name_suffix_hash |= global.disable_name_suffix_hash;
            options.immutable |= global.immutable;
        }
        args
    }
}
