//! Whose YAML is written.

/// Whose way of writing YAML is followed.
///
/// | | writes like | lists below their keys | folded text |
/// |---|---|---|---|
/// | `Kustomize`, `Helm` | `sigs.k8s.io/yaml` over JSON | not indented | long lines |
/// | `HelmPretty` | go-yaml v3 | indented | never |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// As `kustomize build` prints: keys are sorted and numbers take their JSON form.
    Kustomize,
    /// As Helm's `toYaml` prints.
    Helm,
    /// As Helm's `toYamlPretty` prints.
    HelmPretty,
}
