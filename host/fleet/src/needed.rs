//! What a fleet needs that is not at hand, or that Oarlock does not render. It is no fault of the
//! fleet where Argo CD fetches or runs it: it is told of, and left out.
//!
//! A source that Argo CD hands to Oarlock is another matter: there is no network then either, so
//! that what is not vendored fails there as it does here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use oarlock_engine::pipeline::RenderError;
use oarlock_engine::sandbox::SandboxError;
use oarlock_engine::source::{Lookup, LookupResult, ReadRecord};
use oarlock_plugin::{ChartUrl, Failure, RepositoryUrl};

use crate::repository::{External, ExternalKind, RepositoryId};

/// How copies of what kustomizations and charts name come into the repository.
pub(crate) const VENDOR: &str = "`oarlock vendor --fetch` copies it into the repository";

/// Something that is needed and not at hand, or not rendered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Needed {
    /// What a source or a generator names.
    External(External),
    /// What a kustomization or chart names, by its URL: there is no vendored copy.
    Remote(String),
    /// Files of Jsonnet.
    Jsonnet,
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::External(external) => write!(f, "{external} is not at hand"),
            Self::Remote(url) => match ChartUrl::parse(url) {
                Some(chart) => {
                    let ChartUrl { repository, name, version, .. } = chart;
                    write!(f, "chart `{name}` of `{repository}` at `{version}` is not vendored")
                }
                None => write!(f, "`{url}` is not vendored"),
            },
            Self::Jsonnet => f.write_str("Jsonnet is not rendered"),
        }
    }
}

impl Needed {
    /// How it is brought to hand, or what can be done instead.
    pub fn hint(&self) -> String {
        match self {
            Self::External(external) => external.hint(),
            Self::Remote(_) => VENDOR.to_owned(),
            Self::Jsonnet => "check what Argo CD makes of it with other tools".to_owned(),
        }
    }

    /// Why something is not rendered, with the way out where it is short.
    pub fn reason(&self) -> String {
        match self {
            Self::Remote(_) => format!("{self}; {VENDOR}"),
            Self::External(_) | Self::Jsonnet => self.to_string(),
        }
    }

    /// What several share that need something of one repository, whatever its revision, directory
    /// or chart.
    pub(crate) fn shared(&self) -> String {
        let repository = |url: &str| RepositoryId::new(url).to_string();
        let what = match self {
            Self::External(external) => match external.kind {
                ExternalKind::Repository => format!("repository `{}`", repository(&external.repository)),
                ExternalKind::Chart => format!("chart repository `{}`", repository(&external.repository)),
                ExternalKind::Revision => external.to_string(),
                ExternalKind::Plugin => return format!("{external} is not run"),
            },
            Self::Remote(url) => match (ChartUrl::parse(url), RepositoryUrl::parse(url)) {
                (Some(chart), _) => format!("chart repository `{}`", repository(&chart.repository)),
                (None, Some(remote)) => format!("repository `{}`", remote.place()),
                (None, None) => format!("`{url}`"),
            },
            Self::Jsonnet => return self.to_string(),
        };
        format!("{what} is not at hand")
    }
}

/// What a render lacks, if that alone is why it failed: every failure is about a remote that was
/// looked up and is not here, or about Jsonnet.
pub(crate) fn needed_by(error: &RenderError, reads: &ReadRecord) -> BTreeSet<Needed> {
    let RenderError::Sandbox(SandboxError::Failed { failures, .. }) = error else { return BTreeSet::new() };
    let missed: Vec<&str> = reads
        .iter()
        .filter_map(|(lookup, result)| match (lookup, result) {
            (Lookup::Remote(url), LookupResult::Nothing(_)) => Some(url.as_str()),
            _ => None,
        })
        .collect();
    let mut needed = BTreeSet::new();
    for failure in failures {
        if failure.origin.as_ref().is_some_and(|origin| origin.path.ends_with(".jsonnet")) {
            needed.insert(Needed::Jsonnet);
            continue;
        }
        let about = missed.iter().filter(|url| is_about(failure, url));
        let about: Vec<Needed> = about.map(|url| Needed::Remote((*url).to_owned())).collect();
        if about.is_empty() {
            return BTreeSet::new();
        }
        needed.extend(about);
    }
    needed
}

/// Whether a failure names what is at a URL: by the URL, or a chart by its name and repository.
///
/// A failure of a plugin has no kind in the contract, so this is known by its words. A name of a
/// chart alone is too common a word for that.
fn is_about(failure: &Failure, url: &str) -> bool {
    let words = match ChartUrl::parse(url) {
        Some(chart) => vec![chart.name, chart.repository],
        None => vec![url.to_owned()],
    };
    let mut texts = failure.notes.iter().chain(&failure.hint).chain([&failure.message]);
    texts.any(|text| words.iter().all(|word| text.contains(word.as_str())))
}

/// What is needed and not at hand, each once, with the Applications and ApplicationSets that need
/// it.
#[derive(Clone, Debug, Default)]
pub struct Needs(BTreeMap<Needed, Vec<String>>);

impl Needs {
    /// What is needed, sorted, and by what.
    pub fn iter(&self) -> impl Iterator<Item = (&Needed, &[String])> {
        self.0.iter().map(|(needed, users)| (needed, users.as_slice()))
    }

    /// Adds what else is needed.
    pub fn append(&mut self, others: Self) {
        for (needed, mut users) in others.0 {
            self.0.entry(needed).or_default().append(&mut users);
        }
    }

    /// Adds something that an Application or ApplicationSet needs, by its title.
    pub fn add(&mut self, needed: Needed, user: String) {
        self.0.entry(needed).or_default().push(user);
    }
}

impl From<BTreeMap<External, Vec<String>>> for Needs {
    fn from(external: BTreeMap<External, Vec<String>>) -> Self {
        Self(external.into_iter().map(|(external, users)| (Needed::External(external), users)).collect())
    }
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::{Origin, ReadError};

    use super::*;

    const BASE: &str = "https://h.example/org/bases//app?ref=v1";
    const CHART: &str = "helm+https://charts.example/redis?version=1.2.0";

    fn needed(failures: Vec<Failure>, missed: &[&str]) -> Vec<Needed> {
        let error = RenderError::Sandbox(SandboxError::Failed { plugin: "kustomize".to_owned(), failures });
        let nothing = || LookupResult::Nothing(ReadError::NotFound);
        let reads = missed.iter().map(|url| (Lookup::Remote((*url).to_owned()), nothing())).collect();
        needed_by(&error, &reads).into_iter().collect()
    }

    #[test]
    fn what_is_missed_is_told_from_what_is_broken() {
        let remote = |url: &str| Failure::new(format!("`{url}` is remote, and a render has no network"));
        let chart = Failure::new("missing in charts/ directory: redis")
            .note("missing: `redis` 1.2.0 from `https://charts.example`");
        let base = || Needed::Remote(BASE.to_owned());
        assert_eq!(needed(vec![remote(BASE)], &[BASE]), [base()]);
        assert_eq!(needed(vec![chart.clone()], &[CHART]), [Needed::Remote(CHART.to_owned())]);
        assert_eq!(needed(vec![remote(BASE), chart], &[CHART, BASE]).len(), 2);
        let jsonnet = Failure::new("Jsonnet").at(Origin::file("a/a.jsonnet"));
        assert_eq!(needed(vec![remote(BASE), jsonnet], &[BASE]), [base(), Needed::Jsonnet]);
        // Something else is wrong, too, or that a lookup found nothing did no harm.
        assert_eq!(needed(vec![remote(BASE), Failure::new("no file `b`")], &[BASE]), []);
        assert_eq!(needed(vec![Failure::new("no file `b`")], &[BASE]), []);
        assert_eq!(needed(vec![remote(BASE)], &[]), []);
        assert_eq!(needed(vec![Failure::new("no file `redis.yaml`")], &[CHART]), []);
        let error = RenderError::Sandbox(SandboxError::Host("no threads".to_owned()));
        assert!(needed_by(&error, &ReadRecord::default()).is_empty());
    }

    #[test]
    fn reasons_name_what_to_do() {
        assert_eq!(
            Needed::Remote(BASE.to_owned()).reason(),
            format!("`{BASE}` is not vendored; `oarlock vendor --fetch` copies it into the repository")
        );
        let chart = Needed::Remote(CHART.to_owned());
        assert_eq!(chart.to_string(), "chart `redis` of `https://charts.example` at `1.2.0` is not vendored");
        assert_eq!(chart.shared(), "chart repository `charts.example` is not at hand");
        assert_eq!(
            Needed::Remote(BASE.to_owned()).shared(),
            "repository `h.example/org/bases` is not at hand"
        );
    }
}
