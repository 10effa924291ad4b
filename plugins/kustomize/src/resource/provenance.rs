//! Where a resource comes from and what changed it, for the annotations that `buildMetadata` asks
//! for.

/// The content of the annotations `config.kubernetes.io/origin` and
/// `alpha.config.kubernetes.io/transformations`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Provenance {
    /// What made the resource, or the file it was read from.
    pub origin: Option<Step>,
    /// What changed it, in order.
    pub transformations: Vec<Step>,
}

/// One entry of these annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// The file that holds the resource, from the directory that is built, or from the root of the
    /// remote repository.
    pub path: String,
    /// What to clone, where that is a remote repository.
    pub repo: String,
    /// The branch, tag or commit of the remote repository.
    pub reference: String,
    /// The file that configures the generator or transformer.
    pub configured_in: String,
    /// The generator or transformer.
    pub configured_by: Maker,
}

/// A generator or transformer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Maker {
    /// `builtin` for those that kustomization fields configure.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name of its configuration, where that is a file of its own.
    pub name: String,
    /// Namespace of its configuration.
    pub namespace: String,
}
