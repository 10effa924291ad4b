//! Hooks: manifests that Argo CD applies in a phase of their own.

use oarlock_plugin::{Failure, Manifest, nearest};

const ARGO_HOOK: &str = "argocd.argoproj.io/hook";
const HELM_HOOK: &str = "helm.sh/hook";

/// The words that Argo CD knows in its own annotation. The case of their letters counts. Those of
/// deletion are applied when the Application is deleted.
const ARGO_WORDS: [&str; 7] = ["PreSync", "Sync", "PostSync", "SyncFail", "Skip", "PreDelete", "PostDelete"];

/// The words that Argo CD, or Helm, knows in Helm's.
const HELM_WORDS: [&str; 12] = [
    "pre-install",
    "pre-upgrade",
    "post-install",
    "post-upgrade",
    "pre-delete",
    "post-delete",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
    "test-failure",
    "crd-install",
];

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

/// What the hook annotation says, if the manifest is a hook. `crd-install` makes no hook: for Argo
/// CD that is an ordinary manifest.
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

/// What a hook annotation says that Argo CD does not understand and passes over. Where it
/// understands nothing, it never applies the manifest, and does not say so.
pub(crate) fn misspelt(manifest: &Manifest) -> Vec<Failure> {
    let mut failures = Vec::new();
    for (annotation, known) in [(ARGO_HOOK, &ARGO_WORDS[..]), (HELM_HOOK, &HELM_WORDS)] {
        let Some(text) = manifest.annotation(annotation) else { continue };
        let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        let unknown: Vec<&str> = words.iter().copied().filter(|word| !known.contains(word)).collect();
        let is_lost = unknown.len() == words.len() && first_phase(manifest).is_none();
        let name = manifest.display_name();
        let quoted = unknown.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let message = match (is_lost, unknown.is_empty()) {
            (true, true) => format!("`{name}` is never applied: its annotation `{annotation}` is empty"),
            (true, false) => format!("`{name}` is never applied: Argo CD knows no hook {quoted}"),
            (false, false) => format!("Argo CD knows no hook {quoted}, and passes over it on `{name}`"),
            (false, true) => continue,
        };
        let meant = unknown.first().and_then(|word| nearest(word, known.iter().copied()));
        let failure = Failure::new(message).hint(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("`{annotation}` may say {}", known.join(", ")),
        });
        failures.push(match &manifest.origin {
            Some(origin) => {
                failure.at(origin.within(["metadata", "annotations", annotation].map(str::to_owned)))
            }
            None => failure,
        });
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_argo_cd_does_not_know_are_told() {
        for (annotations, expected) in [
            (r#"{"argocd.argoproj.io/hook":"PreSync"}"#, None),
            (r#"{"argocd.argoproj.io/hook":"Skip, PostDelete,"}"#, None),
            (r#"{"helm.sh/hook":"test"}"#, None),
            (r#"{"helm.sh/hook":"pre-rollback,post-install"}"#, None),
            (
                r#"{"argocd.argoproj.io/hook":"presync"}"#,
                Some("`Job j` is never applied: Argo CD knows no hook `presync` (did you mean `PreSync`?)"),
            ),
            (
                r#"{"helm.sh/hook":"pre-instal"}"#,
                Some(
                    "`Job j` is never applied: Argo CD knows no hook `pre-instal` (did you mean `pre-install`?)",
                ),
            ),
            (
                r#"{"argocd.argoproj.io/hook":"PreSync,postsync"}"#,
                Some(
                    "Argo CD knows no hook `postsync`, and passes over it on `Job j` (did you mean `PostSync`?)",
                ),
            ),
            (
                r#"{"argocd.argoproj.io/hook":"before","helm.sh/hook":"pre-install"}"#,
                Some(
                    "Argo CD knows no hook `before`, and passes over it on `Job j` (`argocd.argoproj.io/hook` may say \
                     PreSync, Sync, PostSync, SyncFail, Skip, PreDelete, PostDelete)",
                ),
            ),
            (
                r#"{"argocd.argoproj.io/hook":""}"#,
                Some(
                    "`Job j` is never applied: its annotation `argocd.argoproj.io/hook` is empty (`argocd.argoproj.io/hook` \
                     may say PreSync, Sync, PostSync, SyncFail, Skip, PreDelete, PostDelete)",
                ),
            ),
        ] {
            let json = format!(r#"{{"kind":"Job","metadata":{{"name":"j","annotations":{annotations}}}}}"#);
            let found = misspelt(&Manifest::from_json(json).unwrap());
            let told =
                found.first().map(|it| format!("{} ({})", it.message, it.hint.as_deref().unwrap_or("")));
            assert_eq!(told.as_deref(), expected, "{annotations}");
            assert!(found.len() <= 1);
        }
    }

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
