//! Where kustomize's own minor versions differ: which of them a build is to be like.
//!
//! Each difference is a method of [`Profile`], true from the version on that brought it. What
//! differs in messages only, or makes an older version crash, is no behaviour to be like.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Deserialize;

/// A minor version of kustomize.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Version")]
pub enum Profile {
    /// 5.5.
    V5_5,
    /// 5.6.
    V5_6,
    /// 5.7, which kubectl 1.35 has built in.
    #[default]
    V5_7,
    /// 5.8.
    V5_8,
}

/// A version as people write it: with quotes, or without, which makes it a number.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a version of kustomize is its first two numbers, as `5.7`")]
enum Version {
    Text(String),
    Number(f64),
}

impl Profile {
    /// All profiles, oldest first, and the last release of each.
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::V5_5, "5.5", "v5.5.0"),
        (Self::V5_6, "5.6", "v5.6.0"),
        (Self::V5_7, "5.7", "v5.7.1"),
        (Self::V5_8, "5.8", "v5.8.1"),
    ];

    /// The profile for a release, as `v5.8.1`; any patch of a minor version has the same.
    pub(crate) fn of_version(version: &str) -> Option<Self> {
        let mut numbers = version.strip_prefix('v').unwrap_or(version).split('.');
        let minor = format!("{}.{}", numbers.next()?, numbers.next()?);
        Self::ALL.iter().find(|(_, name, _)| *name == minor).map(|(profile, ..)| *profile)
    }

    /// The names of the profiles, for people.
    pub(crate) fn names() -> String {
        Self::ALL.map(|(_, name, _)| format!("`{name}`")).join(", ")
    }

    /// The release that `managedByLabel` names.
    pub(crate) fn release(self) -> &'static str {
        Self::ALL.iter().find(|(profile, ..)| *profile == self).map_or("", |(.., release)| release)
    }

    /// `images` changes `image.reference` of volumes, too. Since 5.7.
    pub(crate) fn tags_image_volumes(self) -> bool {
        self >= Self::V5_7
    }

    /// A replacement may have a `sourceValue` in place of a `source`. Since 5.7.
    pub(crate) fn knows_source_values(self) -> bool {
        self >= Self::V5_7
    }

    /// The texts of `select` and `reject` of replacements are regular expressions, as those of a
    /// patch's `target` are, and not names to be compared. Since 5.8.
    pub(crate) fn selects_targets_by_patterns(self) -> bool {
        self >= Self::V5_8
    }

    /// A field path of a replacement leads on into the JSON or YAML that a text holds. Since 5.8.
    pub(crate) fn replaces_inside_texts(self) -> bool {
        self >= Self::V5_8
    }

    /// `options` of a patch that mean nothing are refused. Since 5.8.
    pub(crate) fn refuses_unknown_patch_options(self) -> bool {
        self >= Self::V5_8
    }

    /// `namespace` leaves the manifests of `helmCharts` alone; instead the chart is rendered for
    /// the nearest `namespace` on the way from its kustomization to the one that is built. Since
    /// 5.8.
    pub(crate) fn charts_own_their_namespaces(self) -> bool {
        self >= Self::V5_8
    }
}

impl TryFrom<Version> for Profile {
    type Error = String;

    fn try_from(version: Version) -> Result<Self, String> {
        let text = match version {
            Version::Text(text) => text,
            Version::Number(number) => number.to_string(),
        };
        let found = Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(profile, ..)| *profile);
        found.ok_or_else(|| format!("there is no profile `{text}`; there are {}", Self::names()))
    }
}

impl JsonSchema for Profile {
    fn schema_name() -> Cow<'static, str> {
        "Profile".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|(_, name, _)| *name).collect();
        let numbers: Vec<f64> = names.iter().filter_map(|name| name.parse().ok()).collect();
        schemars::json_schema!({
            "description": "A minor version of kustomize.",
            "enum": names.iter().map(|name| serde_json::json!(name))
                .chain(numbers.iter().map(|number| serde_json::json!(number))).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_quotes_and_without() {
        for (text, expected) in [("\"5.7\"", Profile::V5_7), ("5.8", Profile::V5_8), ("5.5", Profile::V5_5)] {
            assert_eq!(serde_json::from_str::<Profile>(text).unwrap(), expected);
        }
        let error = serde_json::from_str::<Profile>("\"5.9\"").unwrap_err().to_string();
        assert!(
            error.starts_with("there is no profile `5.9`; there are `5.5`, `5.6`, `5.7`, `5.8`"),
            "{error}"
        );
    }

    #[test]
    fn a_release_has_the_profile_of_its_minor_version() {
        for (version, expected) in [
            ("v5.8.1", Some(Profile::V5_8)),
            ("5.7.0", Some(Profile::V5_7)),
            ("v5.8", Some(Profile::V5_8)),
            ("v4.5.7", None),
            ("v5", None),
            ("", None),
            ("mine", None),
        ] {
            assert_eq!(Profile::of_version(version), expected, "{version}");
        }
    }

    #[test]
    fn profiles_are_in_the_order_of_their_versions() {
        assert!(Profile::ALL.is_sorted_by_key(|(profile, ..)| *profile));
        assert_eq!(Profile::default().release(), "v5.7.1");
    }
}
