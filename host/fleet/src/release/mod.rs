//! A release: another version of an image in one environment, as a commit on a branch of its own,
//! with the title and the text of a pull request.
//!
//! [`release`] finds the image and proves the change as [`set_image`](crate::set_image()) does,
//! over the tree of a commit. [`Release::write_commit`] puts the commit into git's object database,
//! and [`GitRepository::update_branch`] makes the branch point to it. Nothing is checked out.

mod report;
mod version;

use oarlock_plugin::{Failure, Failures};

pub use self::report::{RELEASE_FORMAT_VERSION, ReleaseReport};
pub use self::version::ReleaseVersion;
use crate::change::Side;
use crate::comment::{self, Dialect, MarkdownOptions};
use crate::edit::ChangeSet;
use crate::findings::Commit;
use crate::git::{BranchName, BranchUpdate, CommitId, FileChange, GitError, GitRepository};
use crate::set_image::{SetImage, Subject, check_rendered, names, set_in};
use crate::world::World;

/// Tells the text of a pull request from comments on it.
const KEY: &str = "release";

/// What is to be released.
#[derive(Clone, Debug)]
pub struct ReleaseOptions {
    /// The Application, or the ApplicationSet that makes it.
    pub name: String,
    /// The version.
    pub version: ReleaseVersion,
    /// The environment.
    pub environment: String,
    /// The image, by its name or the last part of it, where there are several.
    pub image: Option<String>,
    /// The branch; by default named after what is released.
    pub branch: Option<BranchName>,
    /// The commit that the world is the tree of.
    pub base: Commit,
    /// The branch of that commit.
    pub base_branch: Option<String>,
}

/// A release that is not written yet.
#[derive(Debug)]
pub struct Release {
    /// The files as they are going to be; none if everything is so already.
    pub changes: ChangeSet,
    /// What it does.
    pub report: ReleaseReport,
    branch: BranchName,
}

/// Finds what decides the image of an Application in an environment, and proves what another
/// version does. Nothing is written.
///
/// # Errors
/// If there is no such environment or Application, it has several images and none is named, or the
/// image cannot be set, as in [`set_image`](crate::set_image()).
pub fn release(world: &World<'_>, options: ReleaseOptions) -> Result<Release, Failures> {
    let ReleaseOptions { name, version, environment, .. } = &options;
    let Some(index) = world.roots.iter().position(|root| root.environment == *environment) else {
        let names: Vec<&str> = world.roots.iter().map(|root| root.environment.as_str()).collect();
        let failure = Failure::new(format!("there is no environment `{environment}`"));
        return Err(match names.as_slice() {
            [] => failure.hint("name the environments under `fleet.roots` of oarlock.yaml"),
            names => failure.hint(format!("the environments are {}", names.join(", "))),
        }
        .into());
    };
    let branch = if let Some(branch) = &options.branch {
        branch.clone()
    } else {
        let text = format!("release/{environment}/{name}-{}", version.in_branch());
        text.parse().map_err(|error| Failure::new(format!("{error}")).hint("name one by `--branch`"))?
    };
    let (fleet, environments) = world.open(&world.tree)?;
    let subject = Subject::in_environment(name, (&fleet, &environments), index)?;
    let before = subject.render(&fleet, &environments);
    check_rendered(&before.side)?;
    let image = version.of(&image_of(name, options.image.as_deref(), &before.side)?);
    let set = set_in(world, (name, &subject), &environments, &before, &image)?;
    let SetImage { changes, report: set } = set;
    let title = format!("Release {name} {version} to {environment}");
    let mut report = ReleaseReport {
        format_version: RELEASE_FORMAT_VERSION,
        message: title.clone(),
        title,
        branch: branch.to_string(),
        commit: None,
        pushed: false,
        places: set.places,
        applications: set.applications,
        review: set.review,
        name: options.name,
        environment: options.environment,
        image,
        base: options.base,
        base_branch: options.base_branch,
    };
    report.message = message(&report);
    if let Some(review) = &mut report.review {
        review.base = report.base.clone();
        review.head = Commit { name: report.branch.clone(), reference: None };
    }
    Ok(Release { changes, report, branch })
}

/// The image that is meant: the only one, or the one that is named.
fn image_of(name: &str, wanted: Option<&str>, side: &Side) -> Result<String, Failure> {
    let all = names(side);
    let listed = all.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let is_wanted = |image: &&String| match wanted {
        Some(wanted) => *image == wanted || image.ends_with(&format!("/{wanted}")),
        None => true,
    };
    match (all.iter().filter(is_wanted).collect::<Vec<_>>().as_slice(), wanted) {
        ([image], _) => Ok((*image).clone()),
        ([], _) if all.is_empty() => Err(Failure::new(format!("`{name}` has no images"))),
        ([], Some(wanted)) => Err(Failure::new(format!("`{name}` has no image `{wanted}`"))
            .hint(format!("its images are {listed}"))),
        _ => Err(Failure::new(format!("`{name}` has several images"))
            .hint(format!("name one by `--image`: {listed}"))),
    }
}

/// The message of the commit: the title, then what changes where.
fn message(report: &ReleaseReport) -> String {
    let mut text = format!("{}\n", report.title);
    for place in &report.places {
        let before = if place.before.is_empty() { "no version" } else { &place.before };
        append!(text, "\n{}: {before} -> {}\n", place.origin.file, place.after);
    }
    if !report.applications.is_empty() {
        text.push_str("\nApplications:\n");
        for application in &report.applications {
            append!(text, "- {application}\n");
        }
    }
    // A file or a name may have control characters in it.
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

impl Release {
    /// Writes the commit, and says how the branch is going to point to it.
    ///
    /// # Errors
    /// If there is no author, or the branch is there already and is not to be replaced, or
    /// something cannot be written.
    pub fn write_commit(
        &mut self,
        git: &GitRepository,
        base: CommitId,
        may_replace: bool,
    ) -> Result<BranchUpdate, GitError> {
        // What is refused is so before anything is written.
        git.plan_branch(&self.branch, base, may_replace)?;
        let files: Vec<FileChange<'_>> =
            self.changes.files().map(|(path, before, after)| FileChange { path, before, after }).collect();
        let commit = git.write_commit(base, &files, &self.report.message)?;
        self.report.commit = Some(commit.to_string());
        if let Some(review) = &mut self.report.review {
            review.head = Commit { name: commit.short(), reference: Some(self.report.branch.clone()) };
        }
        git.plan_branch(&self.branch, commit, may_replace)
    }

    /// The text of a pull request: the rendered difference, as a comment on it has it.
    pub fn body(&self, dialect: Dialect) -> String {
        let options = MarkdownOptions { dialect, key: KEY.to_owned(), artefact: None };
        self.report.review.as_ref().map(|review| comment::markdown(review, &options)).unwrap_or_default()
    }
}
