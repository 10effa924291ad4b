//! Where Helm's own minor versions differ: which of them a render is to be like.
//!
//! Each difference is a method of [`Profile`], true from the version on that brought it. What
//! differs in log lines only is no behaviour to be like.

use std::borrow::Cow;

use oarlock_go::Release;
use oarlock_plugin::schemars::{self, JsonSchema};
use oarlock_semver::Rules;
use oarlock_sprig::Libraries;
use serde::{Deserialize, Serialize, Serializer};

/// A minor version of Helm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Version")]
pub enum Profile {
    /// 3.19, which Argo CD 3.3 and 3.4 ship.
    V3_19,
    /// 4.1.
    V4_1,
    /// 4.2, which Argo CD 3.5 ships.
    #[default]
    V4_2,
}

/// A version as people write it: with quotes, or without, which makes it a number.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a version of Helm is its first two numbers, as `4.2`")]
enum Version {
    Text(String),
    Number(f64),
}

/// What a release says of itself in `.Capabilities.HelmVersion`.
pub(crate) struct Build {
    pub(crate) version: &'static str,
    pub(crate) commit: &'static str,
    pub(crate) go: &'static str,
    /// `KubeClientVersion`, which Helm 3 does not tell.
    pub(crate) kube_client: Option<&'static str>,
}

impl Profile {
    /// All profiles, oldest first, with their names.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::V3_19, "3.19"), (Self::V4_1, "4.1"), (Self::V4_2, "4.2")];

    /// The profile of a name, such as `4.2`.
    ///
    /// # Errors
    /// If there is none: says which there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(profile, _)| *profile);
        found.ok_or_else(|| {
            let names: Vec<String> = Self::ALL.iter().map(|(_, name)| format!("`{name}`")).collect();
            format!("there is no profile `{text}`; there are {}", names.join(", "))
        })
    }

    /// Its name, as [`parse`](Self::parse) reads it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(profile, _)| *profile == self).map_or("", |(_, name)| name)
    }

    /// A values file may hold several documents, which are merged; before, only the first one
    /// counts. Since 4.1.
    pub(crate) fn merges_documents_of_values(self) -> bool {
        self >= Self::V4_1
    }

    /// `--set-json` takes a whole object, without a key before it. Since 4.1.
    pub(crate) fn sets_whole_objects(self) -> bool {
        self >= Self::V4_1
    }

    /// A `null` of the user's values stays where the chart has no value that it takes away. Before,
    /// it takes the key away where the chart has a `null`, too. Since 4.1.
    pub(crate) fn keeps_nulls_over_nulls(self) -> bool {
        self >= Self::V4_1
    }

    /// A `null` among a chart's own values counts as if it were not there. Since 4.2.
    pub(crate) fn drops_nulls_of_charts(self) -> bool {
        self >= Self::V4_2
    }

    /// A chart that two dependencies stand for under other names has its own copy of what it
    /// depends on for each of them. Before, both share it, and the second one misses what the first
    /// one renamed. Since 4.1.
    pub(crate) fn copies_dependencies_of_aliases(self) -> bool {
        self >= Self::V4_1
    }

    /// `.Chart` is a map with the names of Helm's structure, in which an unknown key is nothing.
    /// Before, it is the structure itself: an unknown field is an error, and JSON and YAML have the
    /// names of `Chart.yaml`. Since 4.1.
    pub(crate) fn shows_charts_as_maps(self) -> bool {
        self >= Self::V4_1
    }

    /// `apiVersion` of a chart is `v1` or `v2`; before, anything. Since 4.1.
    pub(crate) fn checks_chart_versions(self) -> bool {
        self >= Self::V4_1
    }

    /// A chart may not be called `.` or `..`. Since 4.1.
    pub(crate) fn refuses_dots_as_names(self) -> bool {
        self >= Self::V4_1
    }

    /// `.Capabilities.KubeVersion.Version` keeps what stands behind the numbers of the version that
    /// was given. Since 4.1.
    pub(crate) fn keeps_suffixes_of_kube_versions(self) -> bool {
        self >= Self::V4_1
    }

    /// Webhook configurations are installed last; before, they are sorted among the kinds that Helm
    /// does not know. Since 4.1.
    pub(crate) fn installs_webhooks_last(self) -> bool {
        self >= Self::V4_1
    }

    /// Errors of templates are printed step by step, a line each; before, in one line, as Go's
    /// library has them. Since 4.1.
    pub(crate) fn tells_steps_of_errors(self) -> bool {
        self >= Self::V4_1
    }

    /// TOML is that of version 1.1 (`\\e`, `\\x41`, times without seconds, inline tables of several
    /// lines), and floats are written as short as may be: `1e+06`. Since 4.1.
    pub(crate) fn has_toml_1_1(self) -> bool {
        self >= Self::V4_1
    }

    /// The last document of a template keeps the white space at its end. Since 4.2.
    pub(crate) fn keeps_space_behind_documents(self) -> bool {
        self >= Self::V4_2
    }

    /// Messages quote commands in single quotes; before, in backquotes. Since 4.2.
    pub(crate) fn quotes_commands_singly(self) -> bool {
        self >= Self::V4_2
    }

    /// How versions and constraints are read.
    pub(crate) fn semver_rules(self) -> Rules {
        if self >= Self::V4_2 { Rules::Bounded } else { Rules::Unbounded }
    }

    /// The release of Go that Helm is built with.
    pub(crate) fn go(self) -> Release {
        match self {
            Self::V3_19 => Release::V1_24,
            Self::V4_1 => Release::V1_25,
            Self::V4_2 => Release::V1_26,
        }
    }

    /// The libraries that sprig's functions are to be like.
    pub(crate) fn libraries(self) -> Libraries {
        Libraries { go: self.go(), semver: self.semver_rules() }
    }

    /// The release that a profile is like.
    pub(crate) fn build(self) -> Build {
        match self {
            Self::V3_19 => Build {
                version: "v3.19.4",
                commit: "7cfb6e486dac026202556836bb910c37d847793e",
                go: "go1.24.11",
                kube_client: None,
            },
            Self::V4_1 => Build {
                version: "v4.1.4",
                commit: "05fa37973dc9e42b76e1d2883494c87174b6074f",
                go: "go1.25.9",
                kube_client: Some("v1.35"),
            },
            Self::V4_2 => Build {
                version: "v4.2.1",
                commit: "d591a19b953bd9cfdf7d9ddd83c2f4ffdaeafb29",
                go: "go1.26.4",
                kube_client: Some("v1.36"),
            },
        }
    }

    /// The version of Kubernetes that Helm was built for, which charts see unless they are given
    /// another one.
    pub(crate) fn kube_version(self) -> &'static str {
        match self {
            Self::V3_19 => "1.34.0",
            Self::V4_1 => "1.35.0",
            Self::V4_2 => "1.36.0",
        }
    }

    /// Whether templates may call a function.
    pub(crate) fn has_function(self, name: &str) -> bool {
        match name {
            "mustToYaml" => self >= Self::V4_1,
            "mustToToml" => self >= Self::V4_2,
            _ => true,
        }
    }

    /// The names that two packages have in messages: `chartutil` and `chart` before 4.1.
    pub(crate) fn before_4(self) -> bool {
        self < Self::V4_1
    }
}

impl TryFrom<Version> for Profile {
    type Error = String;

    fn try_from(version: Version) -> Result<Self, String> {
        Self::parse(&match version {
            Version::Text(text) => text,
            Version::Number(number) => number.to_string(),
        })
    }
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl JsonSchema for Profile {
    fn schema_name() -> Cow<'static, str> {
        "Profile".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names = Self::ALL.iter().map(|(_, name)| serde_json::json!(name));
        let numbers = Self::ALL.iter().filter_map(|(_, name)| name.parse::<f64>().ok());
        schemars::json_schema!({
            "description": "A minor version of Helm.",
            "enum": names.chain(numbers.map(|number| serde_json::json!(number))).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_quotes_and_without() {
        for (text, expected) in
            [("\"3.19\"", Profile::V3_19), ("4.1", Profile::V4_1), ("3.19", Profile::V3_19)]
        {
            assert_eq!(serde_json::from_str::<Profile>(text).unwrap(), expected);
        }
        let error = serde_json::from_str::<Profile>("\"4.9\"").unwrap_err().to_string();
        assert!(error.starts_with("there is no profile `4.9`; there are `3.19`, `4.1`, `4.2`"), "{error}");
    }

    #[test]
    fn profiles_are_in_the_order_of_their_versions() {
        assert!(Profile::ALL.is_sorted_by_key(|(profile, _)| *profile));
        assert_eq!(Profile::default().name(), "4.2");
    }
}
