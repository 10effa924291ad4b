//! Hooks: manifests that Argo CD applies in a phase of their own.

use oarlock_plugin::Manifest;

const ARGO_HOOK: &str = "argocd.argoproj.io/hook";
const HELM_HOOK: &str = "helm.sh/hook";

/// A part of a sync. Each is done before the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Phase {
    PreSync,
    Sync,
    PostSync,
    /// Only after the sync went wrong.
    SyncFail,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PreSync => "PreSync",
            Self::Sync => "Sync",
            Self::PostSync => "PostSync",
            Self::SyncFail => "SyncFail",
        }
    }

    fn of_argo(word: &str) -> Option<Self> {
        match word {
            "PreSync" => Some(Self::PreSync),
            "Sync" => Some(Self::Sync),
            "PostSync" => Some(Self::PostSync),
            "SyncFail" => Some(Self::SyncFail),
            // `Skip`, the delete phases, and words that Argo CD does not know either.
            _ => None,
        }
    }

    fn of_helm(word: &str) -> Option<Self> {
        match word {
            "pre-install" | "pre-upgrade" => Some(Self::PreSync),
            "post-install" | "post-upgrade" => Some(Self::PostSync),
            // Tests and rollback hooks have no phase: Argo CD never applies them.
            _ => None,
        }
    }
}

/// What the hook annotation says, if the manifest is a hook. `crd-install` makes no hook: for Argo CD that is an ordinary manifest.
pub(crate) fn hook_text(manifest: &Manifest) -> Option<&str> {
    manifest
        .annotation(ARGO_HOOK)
        .or_else(|| manifest.annotation(HELM_HOOK).filter(|words| *words != "crd-install"))
}

/// The first phase in which Argo CD applies a manifest; `None` if it never does in a sync.
pub(crate) fn first_phase(manifest: &Manifest) -> Option<Phase> {
    if hook_text(manifest).is_none() {
        return Some(Phase::Sync);
    }
    let first = |annotation, phase: fn(&str) -> Option<Phase>| {
        let words = manifest.annotation(annotation).unwrap_or_default();
        words.split(',').filter_map(|word| phase(word.trim())).min()
    };
    let skipped = manifest.annotation(ARGO_HOOK).is_some_and(|words| words.trim() == "Skip");
    // Helm's words count only where Argo CD's own say nothing.
    if skipped { None } else { first(ARGO_HOOK, Phase::of_argo).or_else(|| first(HELM_HOOK, Phase::of_helm)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_have_phases() {
        for (annotations, hook, phase) in [
            ("{}", false, Some(Phase::Sync)),
            (r#"{"argocd.argoproj.io/hook":"PostSync, PreSync"}"#, true, Some(Phase::PreSync)),
            (r#"{"argocd.argoproj.io/hook":"Sync"}"#, true, Some(Phase::Sync)),
            (r#"{"argocd.argoproj.io/hook":"Skip"}"#, true, None),
            (r#"{"argocd.argoproj.io/hook":"PostDelete"}"#, true, None),
            (r#"{"argocd.argoproj.io/hook":"presync"}"#, true, None),
            (r#"{"helm.sh/hook":"pre-upgrade,post-install"}"#, true, Some(Phase::PreSync)),
            (r#"{"helm.sh/hook":"test"}"#, true, None),
            (r#"{"helm.sh/hook":"crd-install"}"#, false, Some(Phase::Sync)),
            (
                r#"{"helm.sh/hook":"pre-install","argocd.argoproj.io/hook":"SyncFail"}"#,
                true,
                Some(Phase::SyncFail),
            ),
        ] {
            let json = format!(r#"{{"kind":"Job","metadata":{{"annotations":{annotations}}}}}"#);
            let manifest = Manifest::from_json(json).unwrap();
            assert_eq!(hook_text(&manifest).is_some(), hook, "{annotations}");
            assert_eq!(first_phase(&manifest), phase, "{annotations}");
        }
    }
}
