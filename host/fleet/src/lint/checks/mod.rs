//! What the rules look at.

mod application;
mod images;
mod objects;
mod projects;
mod removed;
mod revisions;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Application, ApplicationKey, Object, ObjectId, RenderResult};
use crate::lint::{About, ApplicationFacts, Found, LintEnvironment, LintRule, Unchecked};
use crate::secrets::secrets;

/// An object in its Application.
fn about<'a>(application: &'a Application, object: &'a Object) -> About<'a> {
    About { application: Some(application), object: Some(&object.manifest), origin: object.origin.as_ref() }
}

/// `1 object`, `2 objects`, as messages have it.
fn quoted(name: &(impl ToString + ?Sized)) -> String {
    format!("`{}`", name.to_string().replace('`', "'"))
}

/// The first of some names, sorted, and how many more there are.
fn named<'n>(names: impl Iterator<Item = &'n str>) -> String {
    /// How many are named.
    const MOST: usize = 3;
    let names: BTreeSet<&str> = names.collect();
    let shown: Vec<String> = names.iter().take(MOST).map(quoted).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Looks at an environment.
pub(super) fn environment(environment: &LintEnvironment, found: &mut Found) {
    let none = ApplicationFacts::default();
    for application in &environment.side.applications {
        let facts = environment.facts.get(&application.key).unwrap_or(&none);
        application::check(application, facts, found);
        projects::check(application, facts, &environment.projects, found);
        for object in application.objects() {
            objects::check(application, object, found);
            images::check(application, object, found);
            removed::check(application, object, found);
        }
        objects::check_together(application, facts, found);
    }
    shared(environment, found);
    missing_secrets(environment, found);
}

/// Looks at what several environments may have written once.
pub(super) fn together(environments: &[LintEnvironment], found: &mut Found) {
    revisions::check(environments, found);
    unchecked(environments, found);
}

/// What is not checked: one finding for each thing that is needed, of all environments.
fn unchecked(environments: &[LintEnvironment], found: &mut Found) {
    let mut all: BTreeMap<&str, BTreeSet<&Unchecked>> = BTreeMap::new();
    for unchecked in environments.iter().flat_map(|environment| &environment.unchecked) {
        all.entry(&unchecked.needed).or_default().insert(unchecked);
    }
    for (needed, users) in all {
        let (silenced, users): (Vec<&Unchecked>, Vec<&Unchecked>) =
            users.into_iter().partition(|unchecked| unchecked.is_silenced);
        let Some(first) = users.first() else {
            found.silence(silenced.len());
            continue;
        };
        let names = named(users.iter().map(|unchecked| unchecked.needed_by.as_str()));
        let message = format!("{needed}, so nothing of {names} is checked");
        let about = About { origin: first.origin.as_ref(), ..About::default() };
        found.add(LintRule::NotChecked, about, needed, (message, &first.hint));
    }
}

/// Looks at directories that nothing deploys.
pub(super) fn undeployed(directories: &[String], found: &mut Found) {
    for directory in directories {
        let origin = crate::change::Origin { file: directory.clone(), line: None };
        found.add(
            LintRule::UndeployedPath,
            About { origin: Some(&origin), ..About::default() },
            directory,
            (
                format!("no Application renders {}", quoted(directory)),
                "remove it, or deploy it; with an Application in another repository, silence the rule",
            ),
        );
    }
}

/// Objects that several Applications have.
fn shared(environment: &LintEnvironment, found: &mut Found) {
    type Owners<'a> = Vec<(&'a Application, &'a Object)>;
    let mut owners: BTreeMap<(&str, ObjectId), Owners<'_>> = BTreeMap::new();
    for application in &environment.side.applications {
        for object in application.objects() {
            let id = ObjectId::of(&object.manifest);
            if id.name.ends_with('*') {
                continue;
            }
            let owners = owners.entry((application.key.cluster.as_str(), id)).or_default();
            match owners.iter_mut().find(|(owner, _)| owner.key == application.key) {
                // The last one counts.
                Some(owner) => {
                    owner.1 = object;
                    let about = about(application, object);
                    let message = format!(
                        "{} is rendered more than once; Argo CD uses the last one",
                        quoted(&ObjectId::of(&object.manifest))
                    );
                    let hint = "remove one of them from the Application's sources";
                    found.add(LintRule::RepeatedObject, about, "", (message, hint));
                }
                None => owners.push((application, object)),
            }
        }
    }
    for ((_, id), owners) in owners {
        let Some(((first, object), others)) = owners.split_first() else { continue };
        if others.is_empty() {
            continue;
        }
        let names: Vec<String> = others.iter().take(3).map(|(owner, _)| quoted(&owner.key.name)).collect();
        let more = others.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!(
            "{} is also managed by {}{more}: they overwrite each other on every sync",
            quoted(&id),
            names.join(", ")
        );
        let hint = "let one Application own it";
        found.add(LintRule::SharedObject, about(first, object), &names.join(" "), (message, hint));
    }
}

/// Secrets that nothing provides.
fn missing_secrets(environment: &LintEnvironment, found: &mut Found) {
    let report = secrets([(environment.name.as_str(), &environment.side)]);
    // What did not render may provide them.
    let incomplete: Vec<&ApplicationKey> =
        report.environments.iter().flat_map(|environment| &environment.not_rendered).collect();
    let applications: BTreeMap<&ApplicationKey, &Application> =
        environment.side.applications.iter().map(|application| (&application.key, application)).collect();
    for missing in report.environments.iter().flat_map(|environment| &environment.missing) {
        if incomplete.iter().any(|key| key.cluster == missing.cluster) {
            continue;
        }
        for consumer in &missing.consumers {
            let Some(application) = applications.get(&consumer.application) else { continue };
            let object =
                application.objects().iter().find(|object| ObjectId::of(&object.manifest) == consumer.object);
            let Some(object) = object else { continue };
            let message = format!(
                "{} reads Secret {}, which nothing in the fleet provides",
                quoted(&consumer.object),
                quoted(&missing.secret)
            );
            let hint = "add what creates it: a VaultStaticSecret, an ExternalSecret, a SealedSecret";
            found.add(
                LintRule::SecretMissing,
                about(application, object),
                &missing.secret.to_string(),
                (message, hint),
            );
        }
    }
}

/// Whether an Application was rendered.
fn is_rendered(application: &Application) -> bool {
    matches!(application.outcome, RenderResult::Rendered(_))
}
