//! What is looked at, from a fleet: renders, warnings, what differs from run to run.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::convert::Infallible;

use oarlock_engine::source::{Lookup, LookupResult, ReadRecord};
use oarlock_plugin::{Kind as EntryKind, TreePath};

use super::{ApplicationFacts, LintEnvironment, LintInput, LintRule, PluginWarning, Unchecked, silences};
use crate::change::{self, ObjectId, RenderResult, compare};
use crate::definition::Definition;
use crate::directories::Progress;
use crate::environment::{Application, Environment, Filter};
use crate::fleet::Fleet;
use crate::needed::{Needed, Needs};
use crate::objects::place;
use crate::plan::SourceType;
use crate::rendered::ApplicationRender;
use crate::side::outcome;
use crate::walk::Walk;

/// The plugin that has random functions, and a seed for them other than the usual one.
const RANDOM: (&str, u64) = ("helm", 0x5eed);

/// What to look at.
#[derive(Clone, Copy)]
pub struct Gather<'a> {
    /// The fleet.
    pub fleet: &'a Fleet,
    /// Its environments.
    pub environments: &'a [Environment],
    /// Which Applications are wanted.
    pub filter: &'a Filter,
    /// Whether these are all environments of the repository.
    pub is_whole: bool,
}

/// Renders what is looked at. Returns what it lacks, too.
pub fn gather(what: Gather<'_>, progress: &dyn Progress) -> (LintInput, Needs) {
    let (mut input, mut needs) = (LintInput::default(), Needs::default());
    let mut read: BTreeSet<TreePath> = BTreeSet::new();
    let mut is_complete = what.is_whole && what.filter.only.is_none() && what.filter.cluster.is_none();
    for environment in what.environments {
        let mut looked_at = LintEnvironment { name: environment.name.clone(), ..LintEnvironment::default() };
        looked_at.projects = environment
            .projects
            .iter()
            .map(|project| {
                (project.definition.manifest.as_ref().clone(), project.definition.origin.as_ref().map(place))
            })
            .collect();
        is_complete &= environment.problems.is_empty()
            && environment.sets.iter().all(|set| set.external.is_empty() && set.failure.is_none());
        environment.root_reads.iter().for_each(|reads| read.extend(directories(reads)));
        for set in &environment.sets {
            let needed = set.external.iter().cloned().map(Needed::External);
            looked_at.unchecked.extend(unchecked(&set.definition, needed));
        }
        if let Some(root) = &environment.root_render {
            read.extend(directories(&root.reads));
            is_complete &= root.rendered.is_ok();
        }
        let Ok(lacking) = what.fleet.render_all(environment, what.filter, progress, |application, render| {
            is_complete &= render.is_ok() && !render.is_lacking();
            for source in &render.sources {
                read.extend(directories(&source.reads));
                read.extend(directories(&source.configuration));
            }
            add(what.fleet, environment, application, render, &mut looked_at);
            Ok::<(), Infallible>(())
        });
        needs.append(lacking);
        input.environments.push(looked_at);
    }
    if is_complete && !what.environments.is_empty() {
        input.undeployed = undeployed(what.fleet, &read);
    }
    (input, needs)
}

/// What is not checked for want of something, as what needs it has it.
fn unchecked(
    definition: &Definition,
    needed: impl IntoIterator<Item = Needed>,
) -> impl Iterator<Item = Unchecked> {
    let origin = definition.origin.as_ref().map(place);
    let is_silenced = silences(&definition.manifest, LintRule::NotChecked.id());
    let needed_by = definition.name.name.clone();
    needed.into_iter().map(move |needed| Unchecked {
        needed: needed.shared(),
        hint: needed.hint(),
        needed_by: needed_by.clone(),
        origin: origin.clone(),
        is_silenced,
    })
}

fn add(
    fleet: &Fleet,
    environment: &Environment,
    application: &Application,
    mut render: ApplicationRender,
    looked_at: &mut LintEnvironment,
) {
    let mut facts = ApplicationFacts {
        origin: application.definition.origin.as_ref().map(place),
        ..ApplicationFacts::default()
    };
    if let Ok(target) = &application.target {
        facts.cluster = Some(target.cluster.clone()).filter(|name| !name.is_empty());
        facts.server.clone_from(&target.server);
    }
    if let Ok(spec) = &application.spec {
        let is_own = |url: Option<&str>| url.is_some_and(|url| fleet.repositories().is_reviewed(url));
        facts.own_sources = spec.sources().iter().map(|source| is_own(source.repo_url.as_deref())).collect();
    }
    looked_at.unchecked.extend(unchecked(&application.definition, render.needed()));
    for source in &mut render.sources {
        facts.warnings.extend(std::mem::take(&mut source.warnings).into_iter().map(|notice| PluginWarning {
            plugin: notice.plugin,
            message: notice.failure.message,
            hint: notice.failure.hint,
            origin: notice.failure.origin.as_ref().map(place),
        }));
    }
    // A chart that draws random values says so: its warnings are those of the rule.
    let is_random = facts.warnings.iter().any(|warning| warning.plugin == RANDOM.0);
    let namespace = application.destination_namespace().unwrap_or_default();
    let again =
        (render.is_ok() && is_random).then(|| outcome(&fleet.render_seeded(application, RANDOM), namespace));
    let compared = fleet.compared(environment, application, &render);
    if let Some(again) = again {
        facts.random = differences(&compared.outcome, &again.result);
    }
    looked_at.facts.insert(compared.key.clone(), facts);
    looked_at.side.applications.push(compared);
}

/// The objects that two renders have and that differ, with the fields.
fn differences(one: &RenderResult, other: &RenderResult) -> Vec<(ObjectId, Vec<String>)> {
    let (RenderResult::Rendered(one), RenderResult::Rendered(other)) = (one, other) else {
        return Vec::new();
    };
    let others: BTreeMap<ObjectId, &change::Object> =
        other.iter().map(|object| (ObjectId::of(&object.manifest), object)).collect();
    let differs = one.iter().filter_map(|object| {
        let id = ObjectId::of(&object.manifest);
        let changes = compare(&object.manifest, &others.get(&id)?.manifest);
        let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
        (!paths.is_empty()).then_some((id, paths))
    });
    differs.collect()
}

/// The directories of files that were read.
fn directories(record: &ReadRecord) -> impl Iterator<Item = TreePath> + '_ {
    record.iter().filter_map(|(request, answer)| match (request, answer) {
        (Lookup::Read(path), LookupResult::Content(_)) => path.parent(),
        _ => None,
    })
}

/// Directories with a kustomization or chart in which nothing was read, the topmost of each branch.
fn undeployed(fleet: &Fleet, read: &BTreeSet<TreePath>) -> Vec<String> {
    let tree = &fleet.repositories().reviewed().tree;
    let walk = Walk::new(tree.as_ref(), HashSet::new(), &TreePath::root());
    // What is read in a directory below counts, too: a chart reads its subcharts.
    let mut used: HashSet<TreePath> = HashSet::new();
    for directory in read {
        let mut next = Some(directory.clone());
        while let Some(directory) = next {
            next = directory.parent();
            if !used.insert(directory) {
                break;
            }
        }
    }
    let mut found: Vec<TreePath> = Vec::new();
    for directory in walk.found {
        let is_inside = found.last().is_some_and(|above| directory.starts_with(above));
        if is_inside || used.contains(&directory) {
            continue;
        }
        let listing = tree.list(&directory).map(|listing| listing.entries).unwrap_or_default();
        let is_rendered = listing
            .iter()
            .any(|entry| entry.kind == EntryKind::File && SourceType::of_file(&entry.name).is_some());
        if is_rendered {
            found.push(directory);
        }
    }
    found.into_iter().map(TreePath::into_string).collect()
}
