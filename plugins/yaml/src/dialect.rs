//! Whose YAML is read or written.

/// Whose way of reading and writing YAML is followed.
///
/// | | reads with | text that becomes something else | keys twice | writes |
/// |---|---|---|---|---|
/// | `Kustomize` | go-yaml v3, a stream of documents | YAML 1.2's, and YAML 1.1's octal numbers | refused | `sigs.k8s.io/yaml` over JSON |
/// | `Helm` | `sigs.k8s.io/yaml` over go-yaml v2, the first document | YAML 1.1's, `yes` and `on` among them | last wins | likewise |
/// | `HelmPretty` | as `Helm` | as `Helm` | last wins | go-yaml v3: lists indented below their keys, no folded text |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// As `kustomize build` reads and prints: keys are sorted and numbers take their JSON form.
    Kustomize,
    /// As Helm reads charts and values, and as its `toYaml` prints.
    Helm,
    /// As Helm's `toYamlPretty` prints.
    HelmPretty,
}
