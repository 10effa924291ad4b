//! Rendered manifests as Argo CD's source hydrator commits them: for each Application a directory
//! with `manifest.yaml`, `hydrator.metadata` and `README.md`.
//!
//! [`hydrate`] compares what is rendered with what is there. A directory whose manifests are the
//! same is not touched, and one that no Application renders to any more is removed, which Argo CD
//! leaves to people. So a commit of the changes shows what changes in clusters, and nothing else.

mod layout;
mod references;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::source::{ReadError, Source};
use oarlock_engine::writer::Replacement;
use oarlock_plugin::{Failure, Failures, Kind, TreePath};

use self::layout::{ATTRIBUTES, ATTRIBUTES_TEXT, MANIFEST, METADATA, Metadata, README, manifests, within};
pub use self::report::{DirectoryChange, HYDRATE_FORMAT_VERSION, HydrateReport, HydratedDirectory};
use crate::change::ApplicationKey;
use crate::directories::Progress;
use crate::environment::{Application, Environment, Filter};
use crate::fleet::Fleet;
use crate::git::{CommitDescription, CommitId, GitRepository};
use crate::names::output_path;
use crate::rendered::ApplicationRender;
use crate::repository::RepositoryId;

/// What is rendered, and to where.
pub struct HydrateOptions<'a> {
    /// The repository of the commit.
    pub git: &'a GitRepository,
    /// The commit that the fleet is that of.
    pub commit: CommitId,
    /// Only Applications that are committed to this branch.
    pub branch: Option<String>,
    /// Only these Applications. What is there of others stays.
    pub filter: Filter,
    /// What is there.
    pub existing: Option<Arc<dyn Source>>,
}

/// What files are going to be.
#[derive(Debug)]
pub struct Hydrated {
    /// The files that change.
    pub files: Vec<Replacement>,
    /// What became of each directory.
    pub report: HydrateReport,
    /// Why Applications have no manifests.
    pub failures: Vec<Failure>,
}

/// Manifests for a directory.
struct RenderedDirectory {
    applications: Vec<ApplicationKey>,
    manifest: String,
    metadata: Metadata,
    /// Whether the manifests of another Application belong there, too, and are others.
    is_disputed: bool,
}

/// What became of an Application.
enum Hydration {
    Rendered(Box<RenderedDirectory>),
    /// Something of it is not at hand.
    External,
}

/// Renders a fleet for the branch of its rendered manifests. Nothing is written.
///
/// # Errors
/// If there is no such Application, Applications are committed to several branches and none is
/// named, or what is there was not written by a hydrator.
pub fn hydrate(
    (fleet, environments): (&Fleet, &[Environment]),
    options: &HydrateOptions<'_>,
    progress: &dyn Progress,
) -> Result<Hydrated, Failures> {
    let existing = Existing { tree: options.existing.as_deref() };
    existing.check()?;
    let branch = branch(environments, options)?;
    let commit = options.git.describe(options.commit).map_err(|error| Failure::new(error.to_string()))?;
    let mut run = Run {
        fleet,
        options,
        found: BTreeMap::new(),
        kept: BTreeSet::new(),
        report: HydrateReport {
            format_version: HYDRATE_FORMAT_VERSION,
            dry_sha: options.commit.to_string(),
            repository: repository(fleet, environments),
            branch: branch.name.clone(),
            written: false,
            directories: Vec::new(),
            failed: Vec::new(),
            external: Vec::new(),
        },
        failures: environments.iter().flat_map(|environment| environment.problems.clone()).collect(),
        count: 0,
    };
    // Where something fails that makes Applications, nobody can tell which of them are gone.
    let is_known = |environment: &Environment| {
        environment.root_render.is_none()
            && environment.failed_renders().is_empty()
            && environment.sets.iter().all(|set| set.failure.is_none() && set.external.is_empty())
    };
    let is_whole = run.failures.is_empty()
        && environments.iter().all(is_known)
        && options.filter.only.is_none()
        && options.filter.cluster.is_none();
    for environment in environments {
        let Ok(_) = fleet.render_all(environment, &options.filter, progress, |application, render| {
            if branch.wants(application) {
                run.take(application, render);
            }
            Ok::<(), Infallible>(())
        });
    }
    if run.count == 0 {
        let mut failures = run.failures.into_iter();
        return Err(match failures.next() {
            Some(first) => Failures::from(first).and(failures),
            None => Failure::new("there is no Application like that in the fleet").into(),
        });
    }
    run.finish(&existing, &commit, is_whole)
}

/// Which Applications are committed to the branch.
struct Branch {
    name: Option<String>,
    /// Whether Applications without a hydrator count.
    is_plain: bool,
}

impl Branch {
    fn wants(&self, application: &Application) -> bool {
        let own = branch_of(application);
        if self.is_plain { own.is_none() } else { own == self.name.as_deref() }
    }
}

/// The branch that an Application is committed to, if it has a hydrator.
fn branch_of(application: &Application) -> Option<&str> {
    let hydrator = application.spec.as_ref().ok()?.source_hydrator.as_ref()?;
    Some(hydrator.branch().unwrap_or_default())
}

/// The branch: the one that is named, else the only one that Applications name. Where none has a
/// hydrator, all Applications count.
fn branch(environments: &[Environment], options: &HydrateOptions<'_>) -> Result<Branch, Failure> {
    let applications = environments.iter().flat_map(|environment| &environment.applications);
    let wanted = applications.filter(|application| options.filter.wants(application));
    let branches: BTreeSet<&str> = wanted.filter_map(branch_of).collect();
    let named = |name: &str| Branch { name: Some(name.to_owned()), is_plain: false };
    let listed = || branches.iter().copied().collect::<Vec<_>>().join(", ");
    match (&options.branch, branches.len()) {
        (Some(wanted), _) if branches.contains(wanted.as_str()) => Ok(named(wanted)),
        (Some(wanted), 0) => Err(Failure::new(format!("no Application is hydrated to `{wanted}`"))
            .hint("`spec.sourceHydrator` of an Application names its branch")),
        (Some(wanted), _) => Err(Failure::new(format!("no Application is hydrated to `{wanted}`"))
            .hint(format!("there are {}", listed()))),
        (None, 0) => Ok(Branch { name: None, is_plain: true }),
        (None, 1) => Ok(named(branches.first().copied().unwrap_or_default())),
        (None, _) => Err(Failure::new("Applications are hydrated to several branches")
            .hint(format!("name one by `--branch`: {}", listed()))),
    }
}

/// The URL of the repository, as an Application has it that lies in it.
fn repository(fleet: &Fleet, environments: &[Environment]) -> String {
    let applications = environments.iter().flat_map(|environment| &environment.applications);
    let mut urls = applications.filter_map(|application| application.source_url(0));
    urls.find(|url| fleet.repositories().is_reviewed(url)).unwrap_or_default().to_owned()
}

/// Applications that are rendered, as they come in.
struct Run<'a> {
    fleet: &'a Fleet,
    options: &'a HydrateOptions<'a>,
    found: BTreeMap<TreePath, RenderedDirectory>,
    /// Directories that stay as they are, for want of manifests.
    kept: BTreeSet<TreePath>,
    report: HydrateReport,
    failures: Vec<Failure>,
    count: usize,
}

impl Run<'_> {
    fn take(&mut self, application: &Application, render: ApplicationRender) {
        self.count += 1;
        let key = self.fleet.key(application);
        let title = application.definition.title();
        let path = match Self::path(application) {
            Ok(path) => path,
            Err(failure) => {
                self.failures.push(failure.note(format!("for {title}")));
                self.report.failed.push(key);
                return;
            }
        };
        match self.rendered(application, key.clone(), render) {
            Ok(Hydration::External) => {
                self.kept.insert(path);
                self.report.external.push(key);
            }
            Ok(Hydration::Rendered(rendered)) => self.add(path, &key, *rendered),
            Err(failures) => {
                self.failures
                    .extend(failures.into_iter().map(|failure| failure.note(format!("for {title}"))));
                self.kept.insert(path);
                self.report.failed.push(key);
            }
        }
    }

    /// Adds the manifests of a directory. Those of several Applications must be the same.
    fn add(&mut self, path: TreePath, key: &ApplicationKey, rendered: RenderedDirectory) {
        let Some(other) = self.found.get_mut(&path) else {
            self.found.insert(path, rendered);
            return;
        };
        other.applications.push(key.clone());
        if other.manifest == rendered.manifest {
            return;
        }
        // Nobody can tell whose are meant.
        other.is_disputed = true;
        let both = other.applications.iter().map(ToString::to_string).collect::<Vec<_>>();
        let failure = Failure::new(format!(
            "`{path}` would have different manifests of {}",
            both.join(" and ")
        ))
        .hint(
            "hydrate one environment at a time, or give each a path by `spec.sourceHydrator.syncSource.path`",
        );
        self.failures.push(failure);
    }

    /// The directory of an Application: the one that its hydrator names, else that of its only
    /// source, else one for its cluster and name.
    fn path(application: &Application) -> Result<TreePath, Failure> {
        let spec = application.spec.as_ref().map_err(Clone::clone)?;
        if let Some(hydrator) = &spec.source_hydrator {
            let path = hydrator.sync_source.as_ref().and_then(|source| source.path.as_deref());
            let path = TreePath::new(path.unwrap_or_default().trim_matches('/'))
                .map_err(|error| Failure::new(format!("`syncSource.path`: {error}")))?;
            return if path.is_root() {
                Err(Failure::new("an Application cannot be hydrated to the root of a branch")
                    .hint("name a directory by `spec.sourceHydrator.syncSource.path`"))
            } else {
                Ok(path)
            };
        }
        let own = match spec.sources() {
            [source] if source.chart.is_none() => source.path.as_deref(),
            _ => None,
        };
        let own = own.and_then(|path| TreePath::new(path.trim_matches('/')).ok());
        Ok(own.filter(|path| !path.is_root()).unwrap_or_else(|| output_path(application)))
    }

    fn rendered(
        &self,
        application: &Application,
        key: ApplicationKey,
        render: ApplicationRender,
    ) -> Result<Hydration, Vec<Failure>> {
        let is_lacking = render.is_lacking();
        let mut failures = render.failures;
        let mut all = Vec::new();
        let mut commit = self.options.commit;
        for source in render.sources {
            if !source.checkout.is_same_tree(self.fleet.repositories().reviewed())
                && let Some(followed) = self.followed(application, source.index)
            {
                commit = followed;
            }
            match source.rendered {
                Ok(manifests) => all.extend(manifests),
                Err(error) => {
                    let diagnostics = Diagnostic::from_render_error(error);
                    failures.extend(diagnostics.into_iter().map(|diagnostic| diagnostic.failure));
                }
            }
        }
        if !failures.is_empty() {
            return Err(failures);
        }
        if is_lacking {
            return Ok(Hydration::External);
        }
        let url = application.source_url(0).unwrap_or(&self.report.repository);
        Ok(Hydration::Rendered(Box::new(RenderedDirectory {
            applications: vec![key],
            manifest: manifests(&all).map_err(|failure| vec![failure])?,
            metadata: Metadata::of_directory(url, &commit.to_string()),
            is_disputed: false,
        })))
    }

    /// The commit of another revision of the repository that a source names.
    fn followed(&self, application: &Application, index: usize) -> Option<CommitId> {
        let source = application.spec.as_ref().ok()?.sources().get(index)?;
        let is_own = source.repo_url.as_deref().is_some_and(|url| self.fleet.repositories().is_reviewed(url));
        self.options.git.followed(source.target_revision.as_deref().filter(|_| is_own)?)
    }

    fn finish(
        self,
        existing: &Existing<'_>,
        commit: &CommitDescription,
        is_whole: bool,
    ) -> Result<Hydrated, Failures> {
        let Self { mut found, mut kept, mut report, failures, .. } = self;
        for (path, disputed) in found.extract_if(.., |_, rendered| rendered.is_disputed) {
            report.failed.extend(disputed.applications);
            kept.insert(path);
        }
        report.failed.sort();
        let mut files = Files { existing, changes: Vec::new(), failure: None };
        let mut directories: BTreeMap<TreePath, HydratedDirectory> = BTreeMap::new();
        let mut note = |path: &TreePath, applications, change| {
            let directory = HydratedDirectory { path: path.to_string(), applications, change };
            directories.insert(path.clone(), directory);
        };
        let mut is_changed = false;
        for (path, rendered) in &found {
            let before = existing.read(&within(path, MANIFEST));
            let change = match &before {
                Ok(Some(before)) if before == rendered.manifest.as_bytes() => DirectoryChange::Unchanged,
                Ok(None) => DirectoryChange::Added,
                _ => DirectoryChange::Changed,
            };
            let is_same = change == DirectoryChange::Unchanged;
            is_changed |= !is_same;
            files.put(within(path, MANIFEST), &rendered.manifest);
            for (name, text) in [(METADATA, rendered.metadata.text()), (README, rendered.metadata.readme())] {
                // They say what the manifests were made from, not what they would be made from now.
                let file = within(path, name);
                if !is_same || matches!(existing.read(&file), Ok(None)) {
                    files.put(file, &text);
                }
            }
            note(path, rendered.applications.clone(), change);
        }
        if is_whole {
            let own = RepositoryId::new(&report.repository);
            for path in existing.directories() {
                if found.contains_key(&path) || kept.contains(&path) || !existing.is_of(&path, &own) {
                    continue;
                }
                is_changed = true;
                for name in [MANIFEST, METADATA, README] {
                    files.remove(within(&path, name));
                }
                note(&path, Vec::new(), DirectoryChange::Removed);
            }
        }
        let root = within(&TreePath::root(), METADATA);
        if is_changed || matches!(existing.read(&root), Ok(None)) {
            let metadata = Metadata::of_root(&report.repository, &report.dry_sha, commit);
            files.put(root, &metadata.text());
        }
        files.put(within(&TreePath::root(), ATTRIBUTES), ATTRIBUTES_TEXT);
        report.directories = directories.into_values().collect();
        match files.failure {
            Some(failure) => Err(failure.into()),
            None => Ok(Hydrated { files: files.changes, report, failures }),
        }
    }
}

/// What is there.
struct Existing<'a> {
    tree: Option<&'a dyn Source>,
}

impl Existing<'_> {
    /// Refuses what no hydrator has written: a directory of something else would get files in it.
    fn check(&self) -> Result<(), Failure> {
        let Some(tree) = self.tree else { return Ok(()) };
        let listing = tree.list(".").map_err(|error| Failure::new(error.to_string()))?;
        let is_empty = listing.entries.iter().all(|entry| entry.name == ".git");
        if is_empty || listing.entries.iter().any(|entry| entry.name == METADATA) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the output directory is not empty, and has no `{METADATA}`: no hydrator has written it"
        ))
        .hint("name a new directory, or the work tree of an empty branch or of one with rendered manifests"))
    }

    /// A file; `None` if there is none.
    fn read(&self, path: &TreePath) -> Result<Option<Vec<u8>>, ReadError> {
        match self.tree.map(|tree| tree.read(path)) {
            None | Some(Err(ReadError::NotFound)) => Ok(None),
            Some(Ok(content)) => Ok(Some(content)),
            Some(Err(error)) => Err(error),
        }
    }

    /// The directories below the root that have rendered manifests. Links are not followed.
    fn directories(&self) -> Vec<TreePath> {
        let mut found = Vec::new();
        let Some(tree) = self.tree else { return found };
        let mut open = vec![TreePath::root()];
        while let Some(directory) = open.pop() {
            let Ok(listing) = tree.list(&directory) else { continue };
            let has = |name: &str| listing.entries.iter().any(|entry| entry.name == name);
            if !directory.is_root() && has(METADATA) && has(MANIFEST) {
                found.push(directory.clone());
            }
            for entry in &listing.entries {
                let below = within(&directory, &entry.name);
                let is_real = tree.stat(&below).is_ok_and(|found| found.path == below.as_str());
                if entry.kind == Kind::Directory && entry.name != ".git" && is_real {
                    open.push(below);
                }
            }
        }
        found
    }

    /// Whether a directory was rendered from a repository.
    fn is_of(&self, path: &TreePath, repository: &RepositoryId) -> bool {
        let Ok(Some(text)) = self.read(&within(path, METADATA)) else { return false };
        let metadata: Result<Metadata, _> = serde_json::from_slice(&text);
        metadata.is_ok_and(|metadata| RepositoryId::new(&metadata.repo_url) == *repository)
    }
}

/// Files that change.
struct Files<'a> {
    existing: &'a Existing<'a>,
    changes: Vec<Replacement>,
    /// Why what is there cannot be read.
    failure: Option<Failure>,
}

impl Files<'_> {
    fn put(&mut self, path: TreePath, content: &str) {
        self.change(path, Some(content.as_bytes().to_vec()));
    }

    fn remove(&mut self, path: TreePath) {
        self.change(path, None);
    }

    fn change(&mut self, path: TreePath, after: Option<Vec<u8>>) {
        match self.existing.read(&path) {
            Ok(before) if before == after => {}
            Ok(before) => self.changes.push(Replacement { path, before, after }),
            Err(error) => {
                self.failure.get_or_insert_with(|| {
                    Failure::new(format!("cannot read `{path}` in the output directory: {error}"))
                });
            }
        }
    }
}
