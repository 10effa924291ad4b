//! What a component is, from its bytes and from its own description.

use std::fs;
use std::sync::Arc;

use oarlock_engine::sandbox::{Outline, SandboxError};
use oarlock_model::Digest;
use oarlock_plugin::{Descriptor, Stage};
use oarlock_semver::Version;
use serde_json::{Value, json};

use crate::bench::{Bench, no_tree};
use crate::error::AuthorError;
use crate::project::Project;

/// What a component is.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// What it says of itself.
    pub descriptor: Descriptor,
    /// The contract that it was built against: as it says, or as its imports and exports show.
    pub contract: Option<String>,
    /// What it imports and exports.
    pub outline: Outline,
    /// Bytes.
    pub size: usize,
    /// SHA-256, with `sha256:` before it, as operators pin it.
    pub digest: String,
}

/// Loads a component, which compiles it ahead, and asks it what it is.
///
/// # Errors
/// If it does not fit the contract, or breaks when asked.
pub fn inspect(bench: &Bench) -> Result<Inspection, AuthorError> {
    let bytes = fs::read(bench.component()).map_err(AuthorError::file(bench.component()))?;
    // First: this refuses by a sentence what is no component, or imports what no plugin is given.
    let plugin = bench.plugin()?;
    let unreadable = |reason| SandboxError::Unloadable {
        plugin: bench.name().to_owned(),
        reason: format!("it is damaged: {reason}"),
    };
    let outline = Outline::of(&bytes).map_err(unreadable)?;
    let (_folder, tree) = no_tree()?;
    let descriptor = plugin.introduce(&Arc::new(bench.services(tree)))?;
    let contract = outline.contract.clone().or_else(|| contract_of(&outline));
    let digest = format!("sha256:{}", Digest::of(&bytes));
    Ok(Inspection { descriptor, contract, outline, size: bytes.len(), digest })
}

/// Inspects the component that a project was built to, and checks that it is what the project says
/// and what the contract wants.
///
/// # Errors
/// As [`inspect`]; and if the name is another, the version is no semantic version, or the schema is
/// no JSON object.
pub fn check(bench: &Bench, project: &Project) -> Result<Inspection, AuthorError> {
    let inspection = inspect(bench)?;
    let Descriptor { name, version, config_schema, .. } = &inspection.descriptor;
    if *name != project.name {
        return Err(AuthorError::OtherName { found: name.clone(), expected: project.name.clone() });
    }
    if Version::parse(version).is_err() {
        let wrong = format!("`{version}`, which is no semantic version such as `0.1.0`");
        return Err(AuthorError::Descriptor { what: "the version", wrong });
    }
    let wrong = match serde_json::from_str::<Value>(config_schema) {
        Ok(Value::Object(_)) => return Ok(inspection),
        Ok(_) => "no JSON object".to_owned(),
        Err(error) => format!("no JSON: {error}"),
    };
    Err(AuthorError::Descriptor { what: "the configuration schema", wrong })
}

/// The version in the names of a component's imports, where it imports anything of the contract.
fn contract_of(outline: &Outline) -> Option<String> {
    let versions = outline.imports.iter().filter_map(|import| {
        import.strip_prefix("oarlock:plugin/")?.split_once('@').map(|(_, version)| version.to_owned())
    });
    versions.max()
}

impl Inspection {
    /// For listings.
    pub fn stage(&self) -> &'static str {
        match self.descriptor.stage {
            Stage::Generator => "generator",
            Stage::Transformer => "transformer",
        }
    }

    /// The schema of the configuration; `null` where it is no JSON.
    pub fn schema(&self) -> Value {
        serde_json::from_str(&self.descriptor.config_schema).unwrap_or_default()
    }

    /// The form for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.descriptor.name,
            "version": self.descriptor.version,
            "contract": self.contract,
            "stage": self.stage(),
            "summary": self.descriptor.summary,
            "size": self.size,
            "digest": self.digest,
            "imports": self.outline.imports,
            "exports": self.outline.exports,
            "configSchema": self.schema(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_is_in_the_names_of_imports() {
        let outline = |imports: &[&str]| Outline {
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
            ..Outline::default()
        };
        let imports = outline(&["wasi:io/error@0.2.0", "oarlock:plugin/types@0.1.3"]);
        assert_eq!(contract_of(&imports).as_deref(), Some("0.1.3"));
        assert_eq!(contract_of(&outline(&["wasi:io/error@0.2.0"])), None);
    }
}
