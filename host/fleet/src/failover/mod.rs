//! A group of ApplicationSets moves to another cluster and back.
//!
//! Lists of clusters name the fallback in a comment, or have a truth value for each cluster.
//! [`failover`] moves the comment or switches the values, renders the environment before and after,
//! and says which Applications move and what would be deleted where. The comment takes over the
//! form of the one it replaces, so that moving back gives the same bytes.

mod lists;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oarlock_plugin::{Failure, Failures, Glob, Origin};

use self::lists::{ListStep, Order};
pub use self::report::{ElementChange, ElementReport, FAILOVER_FORMAT_VERSION, FailoverReport, MoveReport};
use crate::change::{self, ApplicationChange, Comparison, Options, Parent, compare_sides};
use crate::edit::{ChangeSet, read_text};
use crate::environment::Set;
use crate::findings::{Commit, Rule, review};
use crate::world::World;

/// What is to move where.
#[derive(Clone, Debug)]
pub struct FailoverOptions {
    /// Which ApplicationSets: the directory of their files, or their name; `*` stands for any text.
    pub group: Glob,
    /// The environment.
    pub environment: String,
    /// The cluster to move to.
    pub to: String,
    /// The cluster to leave; by default the active one.
    pub from: Option<String>,
    /// Whether the old cluster stays active, too.
    pub keep: bool,
}

/// What a move does.
#[derive(Debug)]
pub struct Failover {
    /// The files as they are going to be; none if everything is so already.
    pub changes: ChangeSet,
    /// What it does.
    pub report: FailoverReport,
}

/// Moves the ApplicationSets of a group to another cluster. Nothing is written.
///
/// # Errors
/// If there is no such environment or group, no list names the cluster, a person must decide which
/// element is meant, or an Application would no longer render.
pub fn failover(world: &World<'_>, options: &FailoverOptions) -> Result<Failover, Failures> {
    let Some(root) = world.roots.iter().find(|root| root.environment == options.environment) else {
        let names: Vec<&str> = world.roots.iter().map(|root| root.environment.as_str()).collect();
        let failure = Failure::new(format!("there is no environment `{}`", options.environment));
        return Err(match names.as_slice() {
            [] => failure.hint("name the environments under `fleet.roots` of oarlock.yaml"),
            names => failure.hint(format!("the environments are {}", names.join(", "))),
        }
        .into());
    };
    let roots = [root.clone()];
    let world = World { tree: Arc::clone(&world.tree), roots: &roots, ..*world };
    let (_, environments) = world.open(&world.tree)?;
    let sets: Vec<&Set> = environments.iter().flat_map(|environment| &environment.sets).collect();
    let chosen = chosen(&sets, options)?;
    let mut report = FailoverReport {
        format_version: FAILOVER_FORMAT_VERSION,
        group: options.group.as_str().to_owned(),
        environment: options.environment.clone(),
        from: Vec::new(),
        to: options.to.clone(),
        written: false,
        elements: Vec::new(),
        staying: Vec::new(),
        moves: Vec::new(),
        removals: Vec::new(),
        review: None,
    };
    let changes = edit(&world, options, &chosen, &mut report)?;
    if changes.is_empty() {
        return Ok(Failover { changes, report });
    }
    let (before, after) = world.render_both(&changes)?;
    let comparison = compare_sides(&before.side, &after.side, &Options::default());
    check_renders(&comparison)?;
    report.moves = moves(&comparison);
    let name = |name: &str| Commit { name: name.to_owned(), reference: None };
    let review = review(&comparison, name("the files as they are"), name(&format!("on {}", options.to)));
    let is_removal = |rule: Rule| {
        matches!(
            rule,
            Rule::ApplicationDeleted | Rule::ApplicationOrphans | Rule::ApplicationKept | Rule::ClusterMoved
        )
    };
    report.removals = review.findings.iter().filter(|finding| is_removal(finding.rule)).cloned().collect();
    report.review = Some(review);
    Ok(Failover { changes, report })
}

/// The ApplicationSets of the group, by their file.
fn chosen<'e>(
    sets: &[&'e Set],
    options: &FailoverOptions,
) -> Result<BTreeMap<&'e str, BTreeSet<String>>, Failure> {
    let directory = |set: &Set| {
        let path = &set.definition.origin.as_ref()?.path;
        Some(path.rsplit('/').nth(1).unwrap_or_default().to_owned())
    };
    let mut files: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for set in sets {
        let is_named = options.group.matches(&set.definition.name.name)
            || directory(set).is_some_and(|name| options.group.matches(&name));
        if let (true, Some(Origin { path, .. })) = (is_named, &set.definition.origin) {
            files.entry(path).or_default().insert(set.definition.name.name.clone());
        }
    }
    if files.is_empty() {
        let group = options.group.as_str();
        let failure =
            Failure::new(format!("`{}` has no ApplicationSets of a group `{group}`", options.environment));
        let known: BTreeSet<String> = sets.iter().filter_map(|set| directory(set)).collect();
        let known: Vec<String> = known.into_iter().filter(|name| !name.is_empty()).collect();
        return Err(if known.is_empty() {
            failure.hint("a group is the name of an ApplicationSet, or of the directory of its file")
        } else {
            failure.hint(format!("the directories of its ApplicationSets are {}", known.join(", ")))
        });
    }
    Ok(files)
}

/// Edits the files, and notes what happens in them.
fn edit(
    world: &World<'_>,
    options: &FailoverOptions,
    chosen: &BTreeMap<&str, BTreeSet<String>>,
    report: &mut FailoverReport,
) -> Result<ChangeSet, Failures> {
    let (mut changes, mut from) = (ChangeSet::default(), BTreeSet::new());
    let (mut failures, mut is_found) = (Vec::new(), false);
    for (file, sets) in chosen {
        let (path, text) = read_text(world.tree.as_ref(), file)?;
        let order = Order {
            file: path.as_str(),
            sets,
            to: &options.to,
            from: options.from.as_deref(),
            keep: options.keep,
        };
        let moved = match order.apply(&text) {
            Ok(moved) => moved,
            Err(found) => {
                failures.extend(found.into_vec());
                continue;
            }
        };
        let found = moved.as_ref().map(|moved| moved.found.clone()).unwrap_or_default();
        report.staying.extend(sets.difference(&found).cloned());
        let Some(moved) = moved else { continue };
        is_found = true;
        from.extend(moved.from);
        report.elements.extend(moved.steps.iter().map(|(step, line)| ElementReport {
            origin: change::Origin { file: path.to_string(), line: Some(*line) },
            change: match step {
                ListStep::Activated => ElementChange::Activated,
                ListStep::CommentedOut => ElementChange::CommentedOut,
                ListStep::SwitchedOn => ElementChange::SwitchedOn,
                ListStep::SwitchedOff => ElementChange::SwitchedOff,
            },
        }));
        if moved.text != text {
            changes.replace(path, text, moved.text);
        }
    }
    Failures::check(failures)?;
    if !is_found {
        let (group, to) = (options.group.as_str(), &options.to);
        let failure = Failure::new(format!(
            "no list of an ApplicationSet of `{group}` names the cluster `{to}`, not even in a comment on a line of its own"
        ));
        return Err(failure
            .hint("write the fallback as a comment beside the active cluster: `# - cluster: NAME`")
            .into());
    }
    report.from = from.into_iter().collect();
    Ok(changes)
}

/// Whether every Application that rendered before still does, and every new one.
fn check_renders(comparison: &Comparison<'_>) -> Result<(), Failures> {
    let broken = comparison.applications.iter().filter_map(|application| {
        let (before, after) = application.failures();
        let after = after.filter(|_| application.change == ApplicationChange::Failed && before.is_none())?;
        let failure = Failure::new(after.message.clone()).note(format!("for {}", application.key));
        let place = after.origin.as_ref();
        Some(place.map_or(failure.clone(), |place| {
            failure.at(Origin::at(place.file.clone(), place.line.unwrap_or(0), 0))
        }))
    });
    Failures::check(broken.collect())
}

/// The Applications that are gone and new, in pairs of one ApplicationSet.
fn moves(comparison: &Comparison<'_>) -> Vec<MoveReport> {
    let mut sets: BTreeMap<String, [Vec<change::ApplicationKey>; 2]> = BTreeMap::new();
    for application in &comparison.applications {
        let side = match application.change {
            ApplicationChange::Removed => 0,
            _ if application.before.is_none() => 1,
            _ => continue,
        };
        let name = match application.latest().and_then(|one| one.parent.as_ref()) {
            Some(Parent::ApplicationSet { name, .. }) => name.clone(),
            Some(Parent::Application(key)) => key.name.clone(),
            None => String::new(),
        };
        sets.entry(name).or_default()[side].push(application.key.clone());
    }
    let mut moves = Vec::new();
    for (set, [gone, new]) in sets {
        let count = gone.len().max(new.len());
        moves.extend((0..count).map(|index| MoveReport {
            set: set.clone(),
            from: gone.get(index).cloned(),
            to: new.get(index).cloned(),
        }));
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_move_in_pairs_of_a_set() {
        let application = |name: &str, cluster: &str, set: &str| change::Application {
            key: change::ApplicationKey { cluster: cluster.into(), name: name.into() },
            manifest: serde_json::Value::Null,
            parent: Some(Parent::ApplicationSet {
                name: set.into(),
                manifest: serde_json::Value::Null.into(),
            }),
            file: None,
            outcome: change::RenderResult::Rendered(Vec::new()),
            incomplete: None,
        };
        let side = |applications: Vec<change::Application>| change::Side { applications };
        let before = side(vec![application("web-a", "a", "web"), application("mail-a", "a", "mail")]);
        let after = side(vec![application("web-b", "b", "web"), application("mail-a", "a", "mail")]);
        let moves = moves(&compare_sides(&before, &after, &Options::default()));
        let [found] = moves.as_slice() else { panic!("{moves:?}") };
        assert_eq!(found.set, "web");
        assert_eq!(found.from.as_ref().unwrap().cluster, "a");
        assert_eq!(found.to.as_ref().unwrap().cluster, "b");
    }
}
