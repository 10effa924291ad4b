//! Labels and annotations of Secrets by which the operator and Argo CD know their own.

/// Labels that the operator writes on each Secret that it makes, over what the destination says.
pub(crate) const OWNER_LABELS: [&str; 3] =
    ["app.kubernetes.io/component", "app.kubernetes.io/managed-by", "app.kubernetes.io/name"];

/// Whether Argo CD tracks objects by this label or annotation: a Secret with it, not in git, is
/// pruned.
pub(crate) fn is_tracking(key: &str) -> bool {
    matches!(
        key,
        "app.kubernetes.io/instance" | "argocd.argoproj.io/instance" | "argocd.argoproj.io/tracking-id"
    )
}
