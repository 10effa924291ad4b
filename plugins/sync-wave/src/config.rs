//! What a pipeline may configure.

use oarlock_plugin::schemars::{self, JsonSchema};
use oarlock_plugin::{Failure, Failures, Glob, Manifest};
use serde::{Deserialize, Serialize};

use crate::selector::RuleSelector;
use crate::wave::Wave;

/// The configuration of the sync-wave plugin. Without any, the built-in table gives the waves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
// Settings stand side by side as users write them; they are no states of one thing.
#[allow(clippy::struct_excessive_bools)]
pub struct Config {
    /// Rules, looked through from the top before the built-in table; the first that matches gives
    /// the wave.
    pub rules: Vec<Rule>,
    /// Whether the built-in table gives waves, and moves what a manifest needs before it.
    pub builtin: bool,
    /// Whether rules and table win over waves that are written by hand. Where neither speaks, the
    /// written wave stays.
    #[serde(rename = "override")]
    pub override_written: bool,
    /// The wave of manifests that no rule, no table and no hand gives one.
    pub default: Wave,
    /// Whether wave 0 is written out. Without it a manifest that Argo CD puts into wave 0 anyway is
    /// left as it is.
    pub stamp_zero: bool,
    /// What happens where the waves break a dependency, or a hook is one that Argo CD does not
    /// know.
    pub checks: Checks,
    /// Writes onto each manifest which rule gave its wave, in the annotation
    /// `oarlock.dev/sync-wave-rule`. For reports, not for a cluster.
    pub explain: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            builtin: true,
            override_written: false,
            default: Wave::default(),
            stamp_zero: false,
            checks: Checks::default(),
            explain: false,
        }
    }
}

/// What happens where the waves break a dependency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Checks {
    /// A warning is printed.
    #[default]
    Warn,
    /// The render fails.
    Error,
    /// Nothing.
    Off,
}

/// A wave for the manifests that match. All conditions must hold; one that is left out holds
/// always.
///
/// The patterns are globs in which `*` stands for any text, `/` among it, `?` for one character,
/// `{a,b}` for one of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What reports call the rule. Left out, its place in the list.
    #[serde(default)]
    pub title: Option<String>,
    /// The wave.
    pub wave: Wave,
    /// API group, as `apps`; empty for the core group.
    #[serde(default)]
    pub group: Option<Glob>,
    /// Kind, as `Deployment` or `Vault*Secret`.
    #[serde(default)]
    pub kind: Option<Glob>,
    /// Name.
    #[serde(default)]
    pub name: Option<Glob>,
    /// Namespace as it stands in the manifest; empty for manifests that name none.
    #[serde(default)]
    pub namespace: Option<Glob>,
    /// Label selector, as `app=web,tier in (front,back),!canary`.
    #[serde(default)]
    pub labels: Option<RuleSelector>,
    /// Path of the file that the manifest was written in, from the root of the tree. Manifests that
    /// a program made match no path.
    #[serde(default)]
    pub source: Option<Glob>,
}

impl Rule {
    pub(crate) fn matches(&self, manifest: &Manifest) -> bool {
        let holds = |glob: &Option<Glob>, text: &str| glob.as_ref().is_none_or(|glob| glob.matches(text));
        holds(&self.kind, manifest.kind())
            && holds(&self.group, manifest.group())
            && holds(&self.name, manifest.name())
            && holds(&self.namespace, manifest.namespace())
            && self.labels.as_ref().is_none_or(|selector| selector.matches(manifest))
            && self
                .source
                .as_ref()
                .is_none_or(|glob| manifest.origin.as_ref().is_some_and(|origin| glob.matches(&origin.path)))
    }

    /// Whether the rule says nothing about what it matches.
    fn is_open(&self) -> bool {
        let Self { title: _, wave: _, group, kind, name, namespace, labels, source } = self;
        [group, kind, name, namespace, source].iter().all(|glob| glob.is_none()) && labels.is_none()
    }
}

impl Config {
    /// What reports call a rule.
    pub(crate) fn title(&self, index: usize) -> String {
        self.rules[index].title.clone().unwrap_or_else(|| format!("rules[{index}]"))
    }

    /// Refuses what can only be a slip.
    pub(crate) fn check(&self) -> Result<(), Failures> {
        let open = self.rules.iter().enumerate().filter(|(_, rule)| rule.is_open());
        let failures = open.map(|(index, _)| {
            Failure::new(format!("rule `{}` matches every manifest", self.title(index)))
                .hint("say what it is for by `kind`, `name` and the like, or set `default`")
        });
        Failures::check(failures.collect())
    }
}
