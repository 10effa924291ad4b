//! Trees to text.

use crate::Node;

/// Whose way of writing YAML is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// As `kustomize build` prints: `sigs.k8s.io/yaml` over JSON, so keys are sorted and numbers take their JSON form.
    Kustomize,
}

/// Why a tree cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// JSON has no infinities and no NaN.
    #[error("`{0}` is a number that JSON cannot hold")]
    NotFinite(String),
}

/// Writes one document, ending in a newline, without a `---` before it.
///
/// # Errors
/// If a value cannot be written.
pub fn emit(_node: &Node, _dialect: Dialect) -> Result<String, EmitError> {
    todo!()
}
