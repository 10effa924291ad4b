//! Revisions that move by themselves: one finding for each place where one is written, since the
//! template of an ApplicationSet has it for many Applications.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::application::sources;
use super::{named, quoted};
use crate::change::{ApplicationKey, Origin};
use crate::lint::{Found, LintEnvironment, LintRule, silences};

/// Branches that move, by the names that most have.
const BRANCHES: [&str; 7] = ["HEAD", "main", "master", "develop", "dev", "trunk", "latest"];

/// A revision, and where it is written. Of an Application without a place, the Application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Written<'a> {
    origin: Option<&'a Origin>,
    alone: Option<&'a ApplicationKey>,
    repository: &'a str,
    chart: &'a str,
    revision: &'a str,
}

/// The Applications that follow it, with their environments, and how many more are silenced.
type Followers<'a> = (BTreeSet<(&'a str, &'a ApplicationKey)>, usize);

/// Looks at the sources of all Applications together.
pub(super) fn check(environments: &[LintEnvironment], found: &mut Found) {
    let mut all: BTreeMap<Written<'_>, Followers<'_>> = BTreeMap::new();
    for environment in environments {
        for application in &environment.side.applications {
            let facts = environment.facts.get(&application.key);
            let origin = facts.and_then(|facts| facts.origin.as_ref());
            let is_silenced = silences(&application.manifest, LintRule::FloatingRevision.id());
            for (index, source) in sources(&application.manifest).into_iter().enumerate() {
                let is_own = facts.and_then(|facts| facts.own_sources.get(index)).copied();
                let alone = origin.is_none().then_some(&application.key);
                let Some(written) = floating(source, is_own.unwrap_or(false), (origin, alone)) else {
                    continue;
                };
                let (followers, silenced) = all.entry(written).or_default();
                if is_silenced {
                    *silenced += 1;
                } else {
                    followers.insert((&environment.name, &application.key));
                }
            }
        }
    }
    for (written, (followers, silenced)) in all {
        found.silence(silenced);
        if !followers.is_empty() {
            add(written, &followers, found);
        }
    }
}

fn add(written: Written<'_>, followers: &BTreeSet<(&str, &ApplicationKey)>, found: &mut Found) {
    let Written { origin, alone, repository, chart, revision } = written;
    let what = match chart {
        "" => format!("repository {}", quoted(repository)),
        chart => format!("chart {}", quoted(chart)),
    };
    let at = if revision.is_empty() { "no version".to_owned() } else { quoted(revision) };
    let by = match followers.len() {
        1 => String::new(),
        many => {
            let names = followers.iter().map(|(_, application)| application.name.as_str());
            format!(" by {many} Applications ({})", named(names))
        }
    };
    let message = format!("{what} is taken at {at}{by}, so that it changes without a commit here");
    let place = match (origin, alone) {
        (Some(origin), _) => origin.file.clone(),
        (None, alone) => alone.map(ToString::to_string).unwrap_or_default(),
    };
    let environments: BTreeSet<&str> = followers.iter().map(|(environment, _)| *environment).collect();
    let environment = environments.first().copied().filter(|_| environments.len() == 1);
    let follower = followers.first().filter(|_| followers.len() == 1);
    found.add_together(
        LintRule::FloatingRevision,
        (environment, follower.map(|(_, application)| *application), origin),
        &format!("{place} {repository} {chart}"),
        (message, "name a version, a tag or a commit"),
    );
}

/// The revision of a source, if it moves.
fn floating<'a>(
    source: &'a Value,
    is_own: bool,
    (origin, alone): (Option<&'a Origin>, Option<&'a ApplicationKey>),
) -> Option<Written<'a>> {
    let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
    let (repository, chart, revision) = (text("repoURL"), text("chart"), text("targetRevision"));
    let is_floating = if chart.is_empty() {
        !is_own && (revision.is_empty() || BRANCHES.contains(&revision) || is_range(revision))
    } else {
        is_range(revision)
    };
    let written = Written { origin, alone, repository, chart, revision };
    (!repository.is_empty() && is_floating).then_some(written)
}

/// Whether a version stands for several.
fn is_range(version: &str) -> bool {
    let is_wild = |part: &str| matches!(part, "x" | "X" | "*");
    version.is_empty()
        || version.contains(['*', '^', '~', '>', '<', '|', ' '])
        || (version.starts_with(|c: char| c.is_ascii_digit() || c == 'v') && version.split('.').any(is_wild))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stand_for_several_versions() {
        for version in ["", "*", "1.x", "v2.*", "^1.2", "~1", ">=1.0", "1.0 - 2.0", "1 || 2"] {
            assert!(is_range(version), "{version}");
        }
        for version in ["1.2.3", "v1.2.3", "1.0.0-rc.x1", "release-x", "4f3a2b1", "feature/x.y"] {
            assert!(!is_range(version), "{version}");
        }
    }
}
