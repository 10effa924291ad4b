//! What the trees of small fleets are made of.

/// The repository that their Applications name.
pub const OWN: &str = "https://git.example.com/org/gitops.git";

/// An Application of this repository, to the cluster in which Argo CD runs; `source` is further
/// fields of its source.
pub fn application(name: &str, source: &str) -> String {
    let namespace = if name == "root" { "argocd" } else { name };
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  \
         destination: {{name: in-cluster, namespace: {namespace}}}\n  source:\n    repoURL: {OWN}\n    {source}\n"
    )
}
