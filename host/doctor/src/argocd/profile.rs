//! Whether what is rendered is rendered like the Argo CD that runs.

use std::collections::BTreeMap;

use super::objects::Objects;
use super::renders::ApplicationRender;
use super::switches::REPO_SERVER;
use crate::finding::{Finding, Findings, count};
use oarlock_engine::pipeline::Profile;

const CHECK: &str = "profile";

/// Compares the profile of each render with the version of the repo-server.
pub(super) fn check(objects: &Objects, rendered: &[ApplicationRender], findings: &mut Findings) {
    let mut profiles: BTreeMap<Profile, u64> = BTreeMap::new();
    for profile in rendered.iter().filter_map(|rendered| rendered.profile) {
        *profiles.entry(profile).or_default() += 1;
    }
    let Some(image) = objects.workload(REPO_SERVER).and_then(|program| program.image.as_ref()) else {
        return;
    };
    if profiles.is_empty() {
        return;
    }
    let Some((major, minor)) = version(&image.text) else {
        let message = format!("the tag of `{}` is no version, so it cannot be compared", image.text);
        findings.add(Finding::ok(CHECK, message).at(Some(image.origin.clone())));
        return;
    };
    let found = format!("the repo-server is Argo CD {major}.{minor}");
    for (profile, number) in profiles {
        let sources = count(number, "source");
        let name = profile.release().name;
        let finding = match Profile::of_version((major, minor)) {
            Some((nearest, true)) if nearest == profile => {
                Finding::ok(CHECK, format!("{found}, and {sources} rendered like it, as `{name}` says"))
            }
            Some((nearest, false)) if nearest == profile => {
                let message = format!(
                    "{found}, of which this Oarlock does not know; {sources} rendered as `{name}` says"
                );
                Finding::ok(CHECK, message)
            }
            Some((nearest, _)) => {
                let nearest = nearest.release();
                let message = format!(
                    "{found}, which ships Helm {} and kustomize {}, and {sources} rendered as `{name}` says",
                    nearest.helm, nearest.kustomize
                );
                let hint = format!(
                    "say `profile: {}` in oarlock.yaml, or in the operator's file where that says nothing",
                    nearest.name
                );
                Finding::warn(CHECK, message, hint)
            }
            None => {
                let message = format!(
                    "{found}, which is older than every profile; {sources} rendered as `{name}` says"
                );
                Finding::warn(
                    CHECK,
                    message,
                    "upgrade Argo CD, or set `profile` of the plugins helm and kustomize",
                )
            }
        };
        findings.add(finding.at(Some(image.origin.clone())));
    }
}

/// The minor version in the tag of an image: `quay.io/argoproj/argocd:v3.4.2@sha256:…` is 3.4.
fn version(image: &str) -> Option<(u64, u64)> {
    let image = image.split('@').next()?;
    let (_, tag) = image.rsplit_once('/').map_or(image, |(_, name)| name).split_once(':')?;
    let mut numbers = tag.strip_prefix('v').unwrap_or(tag).split(['.', '-', '+']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argocd::paths::Touched;

    fn message(image: &str, profiles: &[Profile]) -> String {
        let text = format!(
            "kind: Deployment\nmetadata:\n  labels: {{app.kubernetes.io/component: repo-server, app.kubernetes.io/part-of: argocd}}\nspec:\n  template:\n    spec:\n      containers:\n      - {{name: argocd-repo-server, image: '{image}'}}\n"
        );
        let mut objects = Objects::default();
        objects.add_text("a.yaml", text.as_bytes()).unwrap();
        let rendered = |profile: &Profile| ApplicationRender {
            manifests: Ok(Vec::new()),
            touched: Touched::default(),
            profile: Some(*profile),
        };
        let rendered: Vec<ApplicationRender> = profiles.iter().map(rendered).collect();
        let mut findings = Findings::default();
        check(&objects, &rendered, &mut findings);
        findings.to_text()
    }

    #[test]
    fn the_version_is_read_from_the_tag() {
        for (image, expected) in [
            ("quay.io/argoproj/argocd:v3.4.2", Some((3, 4))),
            ("registry:5000/argocd:3.5.1-rc1@sha256:0a", Some((3, 5))),
            ("argocd@sha256:0a", None),
            ("registry:5000/argocd", None),
            ("argocd:latest", None),
        ] {
            assert_eq!(version(image), expected, "{image}");
        }
    }

    #[test]
    fn a_profile_of_another_version_is_told() {
        let (old, new) = (Profile::ArgoCd3_4, Profile::ArgoCd3_5);
        for (image, profiles, expected) in [
            (
                "a:v3.5.1",
                &[new, new][..],
                "ok    profile: the repo-server is Argo CD 3.5, and 2 sources rendered like it",
            ),
            (
                "a:v3.4.2",
                &[new],
                "warn  profile: the repo-server is Argo CD 3.4, which ships Helm 3.19.4 and kustomize 5.8.1, and 1 source rendered as `argocd-3.5` says",
            ),
            ("a:v3.4.2", &[old], "ok    profile: "),
            (
                "a:v3.6.0",
                &[new],
                "ok    profile: the repo-server is Argo CD 3.6, of which this Oarlock does not know",
            ),
            ("a:v3.6.0", &[old], "warn  profile: "),
            (
                "a:v2.14.0",
                &[new],
                "warn  profile: the repo-server is Argo CD 2.14, which is older than every profile",
            ),
            ("a:latest", &[new], "ok    profile: the tag of `a:latest` is no version"),
        ] {
            let message = message(image, profiles);
            assert!(message.starts_with(expected), "{image}: {message}");
        }
        assert_eq!(message("a:v3.5.1", &[]), "");
    }
}
