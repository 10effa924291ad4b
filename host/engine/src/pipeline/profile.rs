//! Which release of Argo CD a render is to be like: the tools that a release ships, and what it
//! does differently itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::PluginSettings;
use crate::sandbox::{Defaults, Library, PluginSource};

/// A minor release of Argo CD.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Profile {
    /// Argo CD 3.3: Helm 3.19.4, kustomize 5.8.1; globs in `valueFiles` are names of files.
    #[serde(rename = "argocd-3.3")]
    ArgoCd3_3,
    /// Argo CD 3.4: Helm 3.19.4, kustomize 5.8.1.
    #[serde(rename = "argocd-3.4")]
    ArgoCd3_4,
    /// Argo CD 3.5: Helm 4.2.1, kustomize 5.8.1.
    #[default]
    #[serde(rename = "argocd-3.5")]
    ArgoCd3_5,
}

/// What a release carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    profile: Profile,
    /// The name of the profile.
    pub name: &'static str,
    /// The minor version of Argo CD.
    pub minor: (u64, u64),
    /// The version of Helm in its image.
    pub helm: &'static str,
    /// The version of kustomize in its image.
    pub kustomize: &'static str,
    /// Whether it expands globs in `valueFiles`.
    value_file_globs: bool,
}

/// The releases, oldest first. The versions of the tools are those of `hack/tool-versions.sh` in
/// the last patch of each release.
const RELEASES: [Release; 3] = [
    Release {
        profile: Profile::ArgoCd3_3,
        name: "argocd-3.3",
        minor: (3, 3),
        helm: "3.19.4",
        kustomize: "5.8.1",
        value_file_globs: false,
    },
    Release {
        profile: Profile::ArgoCd3_4,
        name: "argocd-3.4",
        minor: (3, 4),
        helm: "3.19.4",
        kustomize: "5.8.1",
        value_file_globs: true,
    },
    Release {
        profile: Profile::ArgoCd3_5,
        name: "argocd-3.5",
        minor: (3, 5),
        helm: "4.2.1",
        kustomize: "5.8.1",
        value_file_globs: true,
    },
];

impl Profile {
    /// What the release carries.
    pub fn release(self) -> &'static Release {
        let [first, ..] = &RELEASES;
        RELEASES.iter().find(|release| release.profile == self).unwrap_or(first)
    }

    /// The profile of a name, as `argocd-3.5`.
    pub fn of_name(name: &str) -> Option<Self> {
        RELEASES.iter().find(|release| release.name == name).map(|release| release.profile)
    }

    /// The names of all profiles, oldest first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        RELEASES.iter().map(|release| release.name)
    }

    /// The profile for a minor version of Argo CD: that of the nearest release that is not newer,
    /// and whether it is the very one.
    pub fn of_version(minor: (u64, u64)) -> Option<(Self, bool)> {
        let found = RELEASES.iter().rev().find(|release| release.minor <= minor)?;
        Some((found.profile, found.minor == minor))
    }

    /// What the release makes of a bundled plugin's configuration where nobody configures anything
    /// else.
    pub fn settings(self, plugin: &str) -> Map<String, Value> {
        let release = self.release();
        let minor = |version: &str| version.rsplit_once('.').map_or(version, |(minor, _)| minor).to_owned();
        let settings = match plugin {
            "kustomize" => json!({"profile": minor(release.kustomize)}),
            "helm" if release.value_file_globs => json!({"profile": minor(release.helm)}),
            "helm" => json!({"profile": minor(release.helm), "valueFileGlobs": false}),
            _ => Value::Null,
        };
        match settings {
            Value::Object(settings) => settings,
            _ => Map::new(),
        }
    }

    /// The defaults of the bundled plugins of a library. What the repository configures of a plugin
    /// holds where another plugin calls it, too: kustomize renders charts by the same Helm.
    pub(super) fn defaults(self, library: &Library, plugins: &BTreeMap<String, PluginSettings>) -> Defaults {
        let bundled =
            library.names().filter(|name| matches!(library.source(name), Some(PluginSource::Bundled(_))));
        let of_plugin = |name: &str| {
            let mut settings = self.settings(name);
            let own = plugins.get(name).map(|plugin| &plugin.config);
            for (key, value) in &mut settings {
                if let Some(own) = own.and_then(|own| own.get(key)) {
                    value.clone_from(own);
                }
            }
            (name.to_owned(), settings)
        };
        bundled.map(of_plugin).filter(|(_, settings)| !settings.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_configures_the_tools_that_it_ships() {
        for (profile, kustomize, helm) in [
            (Profile::ArgoCd3_3, "5.8", json!({"profile": "3.19", "valueFileGlobs": false})),
            (Profile::ArgoCd3_4, "5.8", json!({"profile": "3.19"})),
            (Profile::ArgoCd3_5, "5.8", json!({"profile": "4.2"})),
        ] {
            assert_eq!(Value::Object(profile.settings("kustomize")), json!({"profile": kustomize}));
            assert_eq!(Value::Object(profile.settings("helm")), helm, "{profile:?}");
            assert!(profile.settings("vault").is_empty());
        }
    }

    #[test]
    fn each_release_has_its_name_and_the_newest_is_the_default() {
        for release in &RELEASES {
            assert_eq!(json!(release.profile), release.name);
            assert_eq!(release.profile.release(), release);
            assert_eq!(Profile::of_version(release.minor), Some((release.profile, true)));
        }
        assert!(RELEASES.is_sorted_by_key(|release| release.minor));
        assert_eq!(RELEASES.last().map(|release| release.profile), Some(Profile::default()));
        assert_eq!(Profile::of_version((3, 9)), Some((Profile::default(), false)));
        assert_eq!(Profile::of_version((2, 14)), None);
    }
}
