//! The ApplicationSets of a file, expanded one after the other: what `oarlock apps --expand`
//! prints.

use serde_json::Value as Json;

use crate::error::ExpandError;
use crate::expand::{Application, Expansion, expand};
use crate::inputs::Inputs;
use crate::spec::ApplicationSet;

/// Why a file cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct FileError {
    /// The ApplicationSet, empty where the text is not read as far.
    pub set: String,
    /// The line where it starts, or where the text is no YAML; 0 where it is not known.
    pub line: u32,
    /// What is wrong.
    pub error: ExpandError,
}

/// Expands every ApplicationSet of a text; documents of other kinds are passed over.
///
/// # Errors
/// If the text is no YAML, or as [`expand()`] says of the first set that fails.
pub fn expand_file(text: &[u8], inputs: Inputs<'_>) -> Result<Vec<(ApplicationSet, Expansion)>, FileError> {
    let sets = ApplicationSet::from_yaml(text).map_err(|(line, error)| FileError {
        set: String::new(),
        line,
        error,
    })?;
    let mut expanded = Vec::with_capacity(sets.len());
    for set in sets {
        match expand(&set, inputs) {
            Ok(expansion) => expanded.push((set, expansion)),
            Err(error) => return Err(FileError { set: set.name().to_owned(), line: set.line(), error }),
        }
    }
    Ok(expanded)
}

/// The Applications of a file as a JSON list, set by set, those included that the controller holds
/// back.
pub fn json_list(expanded: &[(ApplicationSet, Expansion)]) -> Json {
    let applications = expanded.iter().flat_map(|(_, expansion)| &expansion.applications);
    Json::Array(applications.map(Application::to_json).collect())
}
