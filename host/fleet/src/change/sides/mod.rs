//! Two sides → the Applications and objects that differ.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change::compare::{FieldChange, compare};
use crate::change::identity::ObjectId;
use crate::change::ignore::{IgnoreRules, UnsupportedExpression};
use crate::change::input::{Application, ApplicationKey, Failure, Object, RenderResult, Side};
use crate::change::noise::{Noise, classify};
use crate::change::pairs::{Pair, Paired, find_moves, find_shared, pair_objects};
use crate::change::secret::Secrets;

/// What a comparison is to leave out, beside what the Applications say themselves.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `ignoreDifferences` for all Applications, as Argo CD's own settings have them.
    pub ignore: IgnoreRules,
    /// Names of labels and annotations whose changes are noise; `*` stands for any text.
    pub noise: Vec<String>,
}

/// The differences between two sides.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// All Applications of both sides, unchanged ones too, by cluster and name.
    pub applications: Vec<ApplicationDiff<'a>>,
    /// Objects that several Applications have after the change.
    pub shared: Vec<SharedObject>,
    /// Applications that are several by the same cluster and name after the change, and whether
    /// they were before. The first of them is compared.
    pub repeated: Vec<(ApplicationKey, bool)>,
    /// The values of Secrets, and the numbers that they are shown with.
    pub(crate) secrets: Secrets,
}

/// An object that several Applications have on one cluster.
#[derive(Clone, Debug)]
pub struct SharedObject {
    /// The object.
    pub id: ObjectId,
    /// The Applications that have it.
    pub owners: Vec<ApplicationKey>,
    /// Whether the same Applications had it before.
    pub before: bool,
}

/// One Application before and after.
#[derive(Clone, Debug)]
pub struct ApplicationDiff<'a> {
    /// Which it is.
    pub key: ApplicationKey,
    /// The Application before.
    pub before: Option<&'a Application>,
    /// The Application after.
    pub after: Option<&'a Application>,
    /// What happened to it.
    pub change: ApplicationChange,
    /// The objects that differ, by kind, namespace and name.
    pub objects: Vec<ObjectDiff<'a>>,
    /// The number of objects that are the same, apart from what is ignored.
    pub unchanged: usize,
    /// The number of objects of which `ignoreDifferences` left differences out.
    pub ignored: usize,
    /// Objects that the Application has more than once after the change. The last counts.
    pub repeated: Vec<ObjectId>,
    /// Expressions of `ignoreDifferences` that were not understood.
    pub unsupported: Vec<UnsupportedExpression>,
    /// Field managers of `ignoreDifferences`; what they manage is compared.
    pub managers: Vec<String>,
}

/// What happened to an Application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationChange {
    /// It renders to the same.
    Unchanged,
    /// Some of its objects differ.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It could not be compared, since a side failed.
    Failed,
    /// It could not be compared, since a side was not rendered.
    External,
}

/// One object before and after.
#[derive(Clone, Debug)]
pub struct ObjectDiff<'a> {
    /// Which it is, after the change if it was renamed.
    pub id: ObjectId,
    /// What happened to it.
    pub change: ObjectChange,
    /// The fields that differ, if it was there before and is after. Values of Secrets are
    /// concealed.
    pub fields: Vec<Field>,
    /// An object that was added or removed as a whole. Values of Secrets are concealed.
    pub whole: Option<Value>,
    /// The object before, without what is ignored. **Values of Secrets are not concealed.**
    pub(crate) before: Option<Cow<'a, Value>>,
    /// The object after, without what is ignored. **Values of Secrets are not concealed.**
    pub(crate) after: Option<Cow<'a, Value>>,
    /// The object after the change, or else before it, with its origin.
    pub source: &'a Object,
}

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectChange {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Some of its fields differ.
    Changed,
    /// It has another hash at the end of its name.
    Renamed {
        /// Its name before.
        from: String,
    },
    /// Another Application of the cluster had it.
    MovedFrom(ApplicationKey),
    /// Another Application of the cluster has it now.
    MovedTo(ApplicationKey),
}

/// A field that differs.
#[derive(Clone, Debug)]
pub struct Field {
    /// Where and how.
    pub change: FieldChange,
    /// Why it is noise, if it is.
    pub noise: Option<Noise>,
}

impl ApplicationDiff<'_> {
    /// The Application after the change, or else before it.
    pub fn latest(&self) -> Option<&Application> {
        self.after.or(self.before)
    }

    /// Why the side before and the side after failed.
    pub fn failures(&self) -> (Option<&Failure>, Option<&Failure>) {
        (self.before.and_then(failure_of), self.after.and_then(failure_of))
    }
}

fn failure_of(application: &Application) -> Option<&Failure> {
    match &application.outcome {
        RenderResult::Failed(failure) => Some(failure),
        RenderResult::Rendered(_) | RenderResult::External(_) => None,
    }
}

/// Compares two renders of a fleet.
pub fn compare_sides<'a>(before: &'a Side, after: &'a Side, options: &Options) -> Comparison<'a> {
    let mut repeated = [BTreeSet::new(), BTreeSet::new()];
    let mut keys: BTreeMap<&ApplicationKey, [Option<&'a Application>; 2]> = BTreeMap::new();
    for (index, side) in [before, after].into_iter().enumerate() {
        for application in &side.applications {
            let place = &mut keys.entry(&application.key).or_default()[index];
            if place.is_some() {
                repeated[index].insert(&application.key);
            } else {
                *place = Some(application);
            }
        }
    }
    let repeated = repeated[1].iter().map(|&key| (key.clone(), repeated[0].contains(key))).collect();
    let mut paired: Vec<Paired<'a>> =
        keys.into_iter().map(|(key, [before, after])| pair_objects(key, before, after)).collect();
    find_moves(&mut paired);
    let shared = find_shared(&paired);
    let mut secrets = Secrets::default();
    let applications = paired.into_iter().map(|paired| application(paired, options, &mut secrets)).collect();
    Comparison { applications, shared, repeated, secrets }
}

fn application<'a>(paired: Paired<'a>, options: &Options, secrets: &mut Secrets) -> ApplicationDiff<'a> {
    let latest = paired.after.or(paired.before);
    let own = latest.and_then(|application| application.manifest.pointer("/spec/ignoreDifferences"));
    let own = IgnoreRules::read(own.unwrap_or(&Value::Null));
    let rules = options.ignore.clone().with(&own);
    let mut diff = ApplicationDiff {
        key: paired.key.clone(),
        before: paired.before,
        after: paired.after,
        change: ApplicationChange::Unchanged,
        objects: Vec::new(),
        unchanged: paired.unchanged,
        ignored: 0,
        repeated: paired.repeated,
        unsupported: own.unsupported().to_vec(),
        managers: own.managers().to_vec(),
    };
    for pair in paired.pairs {
        // What is created or deleted is so as a whole.
        let is_compared = pair.before.is_some() && pair.after.is_some();
        let strip = |object: &'a Object| match rules.strip(&object.manifest) {
            Some(stripped) if is_compared => Cow::Owned(stripped),
            _ => Cow::Borrowed(&object.manifest),
        };
        let (before, after) = (pair.before.map(strip), pair.after.map(strip));
        if let Some((object, ignored)) = object(pair, before, after, options, secrets) {
            diff.ignored += usize::from(ignored);
            diff.objects.push(object);
        } else {
            diff.ignored += 1;
            diff.unchanged += 1;
        }
    }
    diff.change = match (paired.before, paired.after) {
        // What it was is no longer of interest if it failed.
        (Some(_), None) => ApplicationChange::Removed,
        _ if diff.failures() != (None, None) => ApplicationChange::Failed,
        (before, after) if [before, after].into_iter().flatten().any(is_external) => {
            ApplicationChange::External
        }
        (None, Some(_)) => ApplicationChange::Added,
        _ if diff.objects.is_empty() => ApplicationChange::Unchanged,
        _ => ApplicationChange::Changed,
    };
    diff
}

fn is_external(application: &Application) -> bool {
    matches!(application.outcome, RenderResult::External(_))
}

/// The differences of one object, and whether there were more that are ignored; `None` if all are.
fn object<'a>(
    pair: Pair<'a>,
    before: Option<Cow<'a, Value>>,
    after: Option<Cow<'a, Value>>,
    options: &Options,
    secrets: &mut Secrets,
) -> Option<(ObjectDiff<'a>, bool)> {
    let source = pair.after.or(pair.before)?;
    let mut fields = Vec::new();
    let mut whole = None;
    let mut ignored = false;
    match (&before, &after) {
        (Some(before), Some(after)) => {
            let concealed = (secrets.conceal(before), secrets.conceal(after));
            let mut changes =
                compare(concealed.0.as_ref().unwrap_or(before), concealed.1.as_ref().unwrap_or(after));
            if matches!(pair.change, ObjectChange::Renamed { .. }) {
                changes.retain(|change| !change.path.starts_with(&["metadata", "name"]));
            }
            if changes.is_empty() && pair.change == ObjectChange::Changed {
                return None;
            }
            ignored = matches!(before, Cow::Owned(_)) || matches!(after, Cow::Owned(_));
            if concealed.0.is_some() || concealed.1.is_some() {
                secrets.number_changes(&mut changes);
            }
            fields = changes
                .into_iter()
                .map(|change| Field { noise: classify(&change, &options.noise), change })
                .collect();
        }
        (Some(value), None) | (None, Some(value)) => {
            let concealed = secrets.conceal(value).map(|mut concealed| {
                secrets.number(&mut concealed);
                concealed
            });
            let moved = matches!(pair.change, ObjectChange::MovedTo(_));
            whole = (!moved).then(|| concealed.unwrap_or_else(|| value.as_ref().clone()));
        }
        (None, None) => {}
    }
    Some((ObjectDiff { id: pair.id, change: pair.change, fields, whole, before, after, source }, ignored))
}

#[cfg(test)]
mod tests;
