//! What the operator says of the server: the section `argocd` of the operator's file.

use oarlock_plugin::{Failure, Glob, ItemType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::ArchiveLimits;
use oarlock_model::Bytes;

/// How the server for Argo CD behaves.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ArgoCd {
    /// Which directories are offered to be rendered when an Application names no plugin. Default:
    /// none, so that one upload is all that a render costs, and a failing one never falls back to
    /// applying raw files.
    pub discovery: Discovery,
    /// Parameters that Applications may set, shown in Argo CD's UI. Default: none.
    pub parameters: Vec<ParameterDeclaration>,
    /// Whether plugins see the commit. Off by default: a plugin that knows it has to run for every
    /// commit.
    pub revision: bool,
    /// How much a repository may hold.
    pub archive: ArchiveLimits,
    /// Memory for all requests together: uploads, trees, what waits and runs, answers, and what is
    /// remembered, which gives way first. A request that comes when it is in use is rejected with a
    /// status that says to retry. Default: four fifths of what the container may take.
    pub memory: Option<Bytes>,
    /// Seconds that a client may take to send a repository, whatever it waits itself.
    pub upload_seconds: u32,
    /// Seconds that a request may take from its beginning to its answer, whatever the client waits
    /// itself.
    pub request_seconds: u32,
    /// Seconds that a client may take to read an answer.
    pub answer_seconds: u32,
    /// Memory for repositories that were sent before, so that they need not be unpacked again.
    pub tree_cache: Bytes,
    /// Memory for renders, so that they need not run again while nothing changes that they read.
    pub render_cache: Bytes,
    /// Renders that may wait for a thread. Others are rejected with a status that says to retry.
    pub queue: usize,
}

impl Default for ArgoCd {
    fn default() -> Self {
        Self {
            discovery: Discovery::default(),
            parameters: Vec::new(),
            revision: false,
            archive: ArchiveLimits::default(),
            memory: None,
            upload_seconds: 600,
            request_seconds: 900,
            answer_seconds: 60,
            tree_cache: Bytes(128 << 20),
            render_cache: Bytes(64 << 20),
            queue: 1_000,
        }
    }
}

/// Which directories are offered to be rendered. Each rule that is given claims directories of its
/// own.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Discovery {
    /// Those that a generator claims; `directory`, which claims nearly everything, is not asked.
    pub generators: bool,
    /// Those that hold a file of this name, which may have `*` in it.
    pub file_name: Option<Pattern>,
    /// Those that hold a path like this one; `**` is any number of directories.
    pub glob: Option<Pattern>,
}

impl Discovery {
    /// Whether there is any rule.
    pub fn is_on(&self) -> bool {
        self.generators || self.file_name.is_some() || self.glob.is_some()
    }
}

/// A pattern over paths in which `*` stays within a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Pattern {
    text: String,
    /// One for each name; `None` is any number of names.
    names: Vec<Option<Glob>>,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Err("an empty pattern matches nothing".to_owned());
        }
        let name = |part: &str| match part {
            "**" => Ok(None),
            part => part.parse().map(Some).map_err(|error: oarlock_plugin::GlobError| error.to_string()),
        };
        let names =
            text.split('/').filter(|part| !matches!(*part, "" | ".")).map(name).collect::<Result<_, _>>()?;
        Ok(Self { text, names })
    }
}

impl Pattern {
    /// How far a path of no names has come.
    pub(in crate::pipeline) fn begin(&self) -> Progress {
        self.skip(0, Progress::new())
    }

    /// How far a path has come that goes on by a name.
    pub(in crate::pipeline) fn step(&self, progress: &[usize], name: &str) -> Progress {
        progress.iter().fold(Progress::new(), |next, place| match self.names.get(*place) {
            Some(None) => self.skip(*place, next),
            Some(Some(glob)) if glob.matches(name) => self.skip(place + 1, next),
            _ => next,
        })
    }

    /// Whether a path that has come so far is like this pattern.
    pub(in crate::pipeline) fn is_whole(&self, progress: &[usize]) -> bool {
        progress.contains(&self.names.len())
    }

    /// Adds a place, and those behind it that take no names.
    fn skip(&self, place: usize, mut progress: Progress) -> Progress {
        let any = self.names[place..].iter().take_while(|name| name.is_none()).count();
        for place in place..=place + any {
            if !progress.contains(&place) {
                progress.push(place);
            }
        }
        progress
    }
}

/// The places in a pattern at which the rest of a path may go on.
pub(in crate::pipeline) type Progress = Vec<usize>;

/// A parameter that Applications may set, and what it sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Its name in the schema, which is public.
#[schemars(rename = "Announced")]
pub struct ParameterDeclaration {
    /// Its name in `spec.source.plugin.parameters`.
    pub name: String,
    /// Its name for people.
    #[serde(default)]
    pub title: String,
    /// What it does, in a sentence.
    #[serde(default)]
    pub tooltip: String,
    /// Whether every Application has to set it.
    #[serde(default)]
    pub required: bool,
    /// What its values are.
    #[serde(default)]
    pub item_type: ItemType,
    /// Whether it is one value, or many.
    #[serde(default)]
    pub collection_type: Collection,
    /// The plugin whose configuration it sets. Left out with `key`: the plugins know the parameter
    /// by its name.
    pub plugin: Option<String>,
    /// The place in the configuration, as `a.b`.
    pub key: Option<String>,
}

impl ParameterDeclaration {
    /// Plugin and key of the configuration that it sets, if it does.
    pub(in crate::pipeline) fn place(&self) -> Option<(&str, &str)> {
        self.plugin.as_deref().zip(self.key.as_deref())
    }

    /// Checks that it sets either a key of a plugin or nothing.
    ///
    /// # Errors
    /// If one of both is missing.
    pub(in crate::pipeline) fn check(&self) -> Result<(), Failure> {
        if self.plugin.is_some() == self.key.is_some() {
            return Ok(());
        }
        Err(Failure::new(format!("the parameter `{}` has but one of `plugin` and `key`", self.name)).hint(
            "together they say which configuration it sets; without both it goes to the plugins as it is",
        ))
    }
}

/// Whether a parameter is one value, or many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Collection {
    /// One value.
    #[default]
    String,
    /// A list.
    Array,
    /// Values with names.
    Map,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_name() {
        let matches = |pattern: &str, path: &str| {
            let path: Vec<&str> = path.split('/').collect();
            let pattern = Pattern::try_from(pattern.to_owned()).unwrap();
            let progress = path.iter().fold(pattern.begin(), |progress, name| pattern.step(&progress, name));
            pattern.is_whole(&progress)
        };
        for (pattern, path, expected) in [
            ("oarlock.yaml", "oarlock.yaml", true),
            ("oarlock.yaml", "a/oarlock.yaml", false),
            ("./*.yaml", "a.yaml", true),
            ("*.yaml", "a/b.yaml", false),
            ("*/*.yaml", "a/b.yaml", true),
            ("**/Chart.yaml", "Chart.yaml", true),
            ("**/Chart.yaml", "a/b/Chart.yaml", true),
            ("a/**", "a/b/c", true),
            ("a/**/c", "b/c", false),
            ("a/**/c", "a/c", true),
            ("**/a/**/a", "a/b/a/a", true),
            ("**/**", "a", true),
            ("a/**", "a", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        assert!(Pattern::try_from(String::new()).is_err());
    }
}
