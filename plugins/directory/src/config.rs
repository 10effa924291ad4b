//! What a pipeline may configure.

use oarlock_plugin::Glob;
use oarlock_plugin::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// The configuration of the directory plugin, with the names and meanings of an Application's
/// `spec.source.directory`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// Whether the directories below count too.
    pub recurse: bool,
    /// Glob over paths from the directory: only files that match count. `*` stands for any text,
    /// `/` among it; `{a,b}` for one of several.
    pub include: Option<Glob>,
    /// Glob over paths from the directory: files that match do not count, even if `include` matches
    /// them.
    pub exclude: Option<Glob>,
    /// Whether files count whatever their names end in, as far as `include` and `exclude` let them;
    /// what is neither `.json` nor `.jsonnet` is read as YAML. Argo CD knows it since 3.6.
    pub disable_extension_filter: bool,
    /// Taken so that `spec.source.directory` can be moved here, and without effect: Jsonnet is not
    /// rendered, and a file of it is an error.
    pub jsonnet: serde_json::Map<String, serde_json::Value>,
    /// How many bytes all files together may have; 0 for any number. Argo CD's default is 10M.
    pub max_combined_size: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            recurse: false,
            include: None,
            exclude: None,
            disable_extension_filter: false,
            jsonnet: serde_json::Map::new(),
            max_combined_size: 10_000_000,
        }
    }
}

impl Config {
    /// Whether a file counts, by its path from the directory.
    pub(crate) fn wants(&self, path: &str) -> bool {
        // An empty pattern is none, as in an Application.
        let matches = |glob: &Option<Glob>| {
            glob.as_ref().filter(|glob| !glob.as_str().is_empty()).map(|glob| glob.matches(path))
        };
        matches(&self.exclude) != Some(true) && matches(&self.include) != Some(false)
    }
}
