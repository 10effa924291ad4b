//! Another version of an image: the place that decides is found, changed and proved by rendering.
//!
//! [`set_image`] looks for places in the files that the target was rendered from and in those of
//! its Applications. Each is changed alone, over the tree and not in it, and the target is rendered
//! again: the place decides if exactly the image changed. At the end the whole fleet is rendered,
//! and nothing but this image may have changed anywhere.

mod effect;
mod image;
mod places;
mod report;
mod subject;

use std::collections::{BTreeMap, BTreeSet};

use oarlock_plugin::{Failure, Failures, Origin, TreePath};

pub(crate) use self::effect::names;
use self::effect::{Effect, ImageUse, uses};
pub use self::image::{ImageError, ImageReference};
use self::places::{Place, READER, Search};
pub use self::report::{SET_IMAGE_FORMAT_VERSION, SetImageReport, SetPlace};
pub(crate) use self::subject::{Subject, View};
use crate::change::{Options, Side, compare_sides};
use crate::edit::{ChangeSet, apply, read_text};
use crate::environment::Environment;
use crate::findings::{Commit, review};
use crate::world::World;

/// How many changes are tried, each with a render of the target.
const MAX_TRIES: usize = 200;

/// What became of a request to set an image.
#[derive(Debug)]
pub struct SetImage {
    /// The files as they are going to be; none if everything is so already.
    pub changes: ChangeSet,
    /// What it does.
    pub report: SetImageReport,
}

/// Finds what decides the version of an image, and proves what changing it does. Nothing is
/// written. `directory` is the target as a directory of the tree, if it is one.
///
/// # Errors
/// If nothing decides, several places do, or more than this image would change.
pub fn set_image(
    world: &World<'_>,
    target: &str,
    directory: Option<&TreePath>,
    image: &ImageReference,
) -> Result<SetImage, Failures> {
    if !image.is_versioned() {
        let failure = Failure::new(format!("`{image}` has neither a tag nor a digest"));
        return Err(failure.hint("name the version, as `users:v1.2.3` or `users@sha256:…`").into());
    }
    let (fleet, environments) = world.open(&world.tree)?;
    let subject = Subject::find(target, directory, &fleet, &environments)?;
    let before = subject.render(&fleet, &environments);
    check_rendered(&before.side)?;
    set_in(world, (target, &subject), &environments, &before, image)
}

/// The same for a subject that is found and rendered already; `target` is what it is called.
pub(crate) fn set_in(
    world: &World<'_>,
    (target, subject): (&str, &Subject),
    environments: &[Environment],
    before: &View,
    image: &ImageReference,
) -> Result<SetImage, Failures> {
    let used = uses(&before.side, &image.name);
    if used.is_empty() {
        return Err(not_used(target, image, &before.side).into());
    }
    let open: BTreeSet<ImageUse> =
        used.iter().filter(|(_, found)| *found != image).map(|(at, _)| at.clone()).collect();
    let mut report = SetImageReport::new(target, image);
    if open.is_empty() {
        return Ok(SetImage { changes: ChangeSet::default(), report });
    }
    let trial = Trial { world, subject, environments, before, image };
    let files = trial.files()?;
    let found = Search::new(image).search(&files);
    let decisive = trial.decisive(&files, found.places);
    let chosen = choose(decisive, &open, image).map_err(|failures| failures.and(found.refused))?;
    let changes = change_set(&files, chosen.iter().map(|chosen| (&chosen.place, chosen.variant)))
        .ok_or_else(|| two_places(&chosen.iter().map(|chosen| &chosen.place).collect::<Vec<_>>(), image))?;
    for Decisive { place, .. } in &chosen {
        report.places.push(SetPlace::new(place, image));
    }
    check_elsewhere(world, subject, before, &changes)?;
    let (rendered, after) = world.render_both(&changes)?;
    let (mut sides, mut scope) = ([rendered.side, after.side], BTreeSet::new());
    match subject {
        Subject::Applications(_) => scope.extend(before.side.applications.iter().map(|one| one.key.clone())),
        Subject::Directory(_) => {
            let view = subject.render(&after.fleet, &after.environments);
            scope.extend(view.side.applications.iter().map(|one| one.key.clone()));
            sides[0].applications.extend(before.side.applications.iter().cloned());
            sides[1].applications.extend(view.side.applications);
        }
    }
    let comparison = compare_sides(&sides[0], &sides[1], &Options::default());
    let effect = Effect::of(&comparison, image, &changes);
    if let Some(other) = effect.others.first() {
        let failure = Failure::new(format!("more than the image would change: {other}"));
        return Err(place_of(&chosen).into_iter().fold(failure, Failure::at).into());
    }
    if let Some(elsewhere) = effect.applications.iter().find(|key| !scope.contains(*key)) {
        let failure = Failure::new(format!(
            "the place that decides the image is also used by {elsewhere}, which `{target}` does not stand for"
        ))
        .hint("override the image in what is rendered here alone, as by `images` in its kustomization");
        return Err(place_of(&chosen).into_iter().fold(failure, Failure::at).into());
    }
    let left = uses(&sides[1], &image.name);
    if let Some((at, found)) =
        left.iter().find(|(at, found)| scope.contains(&at.application) && *found != image)
    {
        let failure = Failure::new(format!("{} would still have `{found}`", at.describe()));
        return Err(place_of(&chosen).into_iter().fold(failure, Failure::at).into());
    }
    report.applications = effect.applications.into_iter().collect();
    let name = |name: &str| Commit { name: name.to_owned(), reference: None };
    report.review = Some(review(&comparison, name("the files as they are"), name("with the new image")));
    Ok(SetImage { changes, report })
}

fn place_of(chosen: &[Decisive]) -> Option<Origin> {
    chosen.first().map(|chosen| origin(&chosen.place))
}

fn origin(place: &Place) -> Origin {
    Origin::at(place.file.as_str(), place.line, 0)
}

/// A place that decides some uses of the image.
struct Decisive {
    place: Place,
    /// Which of its variants does it.
    variant: usize,
    uses: BTreeSet<ImageUse>,
}

/// What is needed to try a change.
struct Trial<'a> {
    world: &'a World<'a>,
    subject: &'a Subject,
    environments: &'a [Environment],
    before: &'a View,
    image: &'a ImageReference,
}

impl Trial<'_> {
    /// The files that may decide, with their text.
    fn files(&self) -> Result<Vec<(TreePath, String)>, Failure> {
        let mut files = BTreeMap::new();
        for path in self.before.read.iter().chain(&self.before.definitions) {
            let name = path.file_name().unwrap_or_default();
            let is_yaml = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
            if is_yaml || name == "Kustomization" {
                let (real, text) = read_text(self.world.tree.as_ref(), path)?;
                files.insert(real, text);
            }
        }
        Ok(files.into_iter().collect())
    }

    /// The places that decide uses of the image, and nothing else.
    fn decisive(&self, files: &[(TreePath, String)], places: Vec<Place>) -> Vec<Decisive> {
        let mut tries = 0;
        let mut decisive = Vec::new();
        for place in places {
            for variant in 0..place.variants.len() {
                tries += 1;
                if tries > MAX_TRIES {
                    return decisive;
                }
                let Some(changes) = change_set(files, [(&place, variant)].into_iter()) else { continue };
                let Some(side) = self.render(&changes) else { continue };
                let comparison = compare_sides(&self.before.side, &side, &Options::default());
                let effect = Effect::of(&comparison, self.image, &changes);
                if !effect.others.is_empty() {
                    continue;
                }
                let now = uses(&side, &self.image.name);
                let was = uses(&self.before.side, &self.image.name);
                let uses: BTreeSet<ImageUse> = now
                    .into_iter()
                    .filter(|(at, found)| found == self.image && was.get(at) != Some(self.image))
                    .map(|(at, _)| at)
                    .collect();
                if !uses.is_empty() {
                    decisive.push(Decisive { place, variant, uses });
                    break;
                }
            }
        }
        decisive
    }

    /// The target with changes; `None` if it does not render.
    fn render(&self, changes: &ChangeSet) -> Option<Side> {
        let tree = changes.over(&self.world.tree);
        let is_definition = changes.paths().any(|path| self.before.definitions.contains(path));
        let side = if is_definition {
            let (fleet, environments) = self.world.open(&tree).ok()?;
            self.subject.render(&fleet, &environments).side
        } else {
            let fleet = (self.world.fleet)(&tree).ok()?;
            self.subject.render(&fleet, self.environments).side
        };
        check_rendered(&side).is_ok().then_some(side)
    }
}

/// The places to change, so that every use gets the new version.
fn choose(
    decisive: Vec<Decisive>,
    open: &BTreeSet<ImageUse>,
    image: &ImageReference,
) -> Result<Vec<Decisive>, Failures> {
    if decisive.is_empty() {
        let failure =
            Failure::new(format!("no place in the repository decides the version of `{}`", image.name));
        return Err(failure
            .hint("add the version where the image is overridden, as by `images` in a kustomization")
            .into());
    }
    let overlap = decisive.iter().enumerate().find_map(|(index, one)| {
        let other = decisive[index + 1..].iter().find(|other| !one.uses.is_disjoint(&other.uses))?;
        Some([&one.place, &other.place])
    });
    if let Some(both) = overlap {
        return Err(two_places(&both, image).into());
    }
    let values: BTreeSet<&str> = decisive.iter().map(|one| one.place.value.as_str()).collect();
    if values.len() > 1 {
        let failures = decisive.iter().map(|one| {
            let Place { path, value, .. } = &one.place;
            Failure::new(format!("`{path}` has `{value}`")).at(origin(&one.place))
        });
        let failure = Failure::new(format!("the target has several versions of `{}`", image.name))
            .hint("edit the one that is meant, or give both the same version first");
        return Err(Failures::from(failure).and(failures));
    }
    let covered: BTreeSet<&ImageUse> = decisive.iter().flat_map(|one| &one.uses).collect();
    match open.iter().find(|at| !covered.contains(at)) {
        Some(at) => {
            let message = format!(
                "no place in the repository decides the version of `{}` in {}",
                image.name,
                at.describe()
            );
            Err(Failure::new(message).into())
        }
        None => Ok(decisive),
    }
}

/// Why nobody but a person can tell which of several places is meant.
fn two_places(places: &[&Place], image: &ImageReference) -> Failure {
    let failure = Failure::new(format!("several places decide the version of `{}`", image.name))
        .hint("keep one of them");
    let failure = places.first().map(|place| origin(place)).into_iter().fold(failure, Failure::at);
    places
        .iter()
        .skip(1)
        .fold(failure, |failure, place| failure.note(format!("another is {}", origin(place))))
}

/// The files with changes of some places; `None` if these cannot be made together.
fn change_set<'p>(
    files: &[(TreePath, String)],
    places: impl Iterator<Item = (&'p Place, usize)>,
) -> Option<ChangeSet> {
    let mut by_file: BTreeMap<&TreePath, Vec<_>> = BTreeMap::new();
    for (place, variant) in places {
        by_file.entry(&place.file).or_default().extend(place.variants.get(variant)?.iter().cloned());
    }
    let mut set = ChangeSet::default();
    for (path, changes) in by_file {
        let (_, text) = files.iter().find(|(file, _)| file == path)?;
        set.replace(path.clone(), text.clone(), apply(text, changes, READER)?);
    }
    Some(set)
}

/// Where nothing says what is deployed, files outside of the target may be used by others.
fn check_elsewhere(
    world: &World<'_>,
    subject: &Subject,
    before: &View,
    changes: &ChangeSet,
) -> Result<(), Failure> {
    let Subject::Directory(directory) = subject else { return Ok(()) };
    if !world.roots.is_empty() {
        return Ok(());
    }
    let outside = changes.paths().find(|path| !path.starts_with(directory));
    let Some(outside) = outside.filter(|outside| before.read.contains(*outside)) else { return Ok(()) };
    let failure = Failure::new(format!("the place that decides the image lies outside of `{directory}`"))
        .at(Origin::file(outside.as_str()))
        .hint("others may use it: name its directory as the target, or say what is deployed by `fleet.roots` of oarlock.yaml");
    Err(failure)
}

/// The first reason why a side is not rendered.
pub(crate) fn check_rendered(side: &Side) -> Result<(), Failure> {
    for application in &side.applications {
        match &application.outcome {
            crate::change::RenderResult::Rendered(_) => {}
            crate::change::RenderResult::Failed(failure) => {
                let place = failure.origin.clone();
                let told = Failure::new(failure.message.clone()).note(format!("for {}", application.key));
                let place = place.map(|place| Origin::at(place.file, place.line.unwrap_or(0), 0));
                return Err(place.into_iter().fold(told, Failure::at));
            }
            crate::change::RenderResult::External(reason) => {
                return Err(Failure::new(format!("{} cannot be rendered: {reason}", application.key)));
            }
        }
    }
    Ok(())
}

fn not_used(target: &str, image: &ImageReference, side: &Side) -> Failure {
    let failure = Failure::new(format!("`{target}` has no image `{}`", image.name));
    let names = effect::names(side);
    match names.iter().take(8).map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => failure.hint("it has no images at all"),
        shown => failure.hint(format!("its images are {}", shown.join(", "))),
    }
}
