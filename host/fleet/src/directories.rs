//! Every overlay below a directory, in parallel.
//!
//! Which directories are overlays and which are the bases of others is not guessed from names:
//! everything that a generator claims is rendered, and what was read for another's render is no
//! root of its own.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use oarlock_engine::pipeline::{
    self, AUTO, FALLBACK_GENERATOR, Overrides, PlanError, RenderOutcome, Renderer, Task, claim_by,
};
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::{Lookup, Source};
use oarlock_plugin::{Application, Failure, TreePath};
use rayon::prelude::*;

use crate::walk::Walk;

/// The stack of a thread that runs plugins, in bytes: room for WebAssembly's stack and for plugins
/// that call plugins.
pub const THREAD_STACK_BYTES: usize = 16 << 20;

/// Why there are no renders at all: the system gives no threads.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ThreadsError(#[from] rayon::ThreadPoolBuildError);

/// As many calls at once as there are processors, and those that wait for plugins that they called.
pub fn workload() -> Workload {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Workload::Many { at_once: u32::try_from(threads).unwrap_or(1).saturating_mul(8) }
}

/// Hears how far many renders have come. It is called from several threads.
pub trait Progress: Sync {
    /// So many directories are going to be rendered.
    fn begin(&self, directories: usize);

    /// One more is done.
    fn advance(&self);
}

/// No one is to know.
impl Progress for () {
    fn begin(&self, _: usize) {}

    fn advance(&self) {}
}

/// Directories of a tree, and how each is rendered.
#[derive(Clone, Copy)]
pub struct Directories<'a> {
    /// What renders.
    pub renderer: &'a Renderer,
    /// The tree.
    pub tree: &'a Arc<dyn Source>,
    /// The directory that they are below.
    pub below: &'a TreePath,
    /// What plugins know of the Application, the same for all.
    pub application: &'a Application,
    /// What is laid over the repository's configuration.
    pub overrides: &'a Overrides,
    /// Whether each is rendered twice, with listings in another order, and compared.
    pub check_deterministic: bool,
}

/// How the render of one directory went.
pub struct DirectoryRender {
    /// The directory.
    pub directory: TreePath,
    /// Manifests or error, warnings and reads.
    pub outcome: RenderOutcome,
    /// Where a second render differs from the first, if it was asked for and does.
    pub difference: Option<Failure>,
}

/// The outcomes of rendering every directory that a generator claims.
pub struct RenderedAll {
    /// The directories and how each went, bases among them, in the order of their paths.
    pub renders: Vec<DirectoryRender>,
    /// The directories of which it is not known whether a generator claims them, and why.
    pub unknown: Vec<(TreePath, PlanError)>,
    /// The directories that could not be looked into, and why.
    pub closed: Vec<(TreePath, Failure)>,
}

/// Renders every directory below one that a generator claims.
///
/// # Errors
/// If there can be no threads.
pub fn render_all(
    directories: &Directories<'_>,
    progress: &dyn Progress,
) -> Result<RenderedAll, ThreadsError> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(THREAD_STACK_BYTES).build()?;
    let Walk { found: candidates, closed, .. } =
        Walk::new(directories.tree.as_ref(), directories.copies(), directories.below);
    let claimed: Vec<(TreePath, Result<bool, PlanError>)> = pool.install(|| {
        let ask = |place: TreePath| {
            let claimed = directories.is_claimed(&place);
            (place, claimed)
        };
        candidates.into_par_iter().map(ask).collect()
    });
    let (mut places, mut unknown) = (Vec::new(), Vec::new());
    for (place, claimed) in claimed {
        match claimed {
            Ok(true) => places.push(place),
            Ok(false) => {}
            Err(error) => unknown.push((place, error)),
        }
    }
    progress.begin(places.len());
    let renders = pool.install(|| {
        let one = |place: TreePath| {
            let render = directories.render(place);
            progress.advance();
            render
        };
        places.into_par_iter().map(one).collect()
    });
    Ok(RenderedAll { renders, unknown, closed })
}

impl Directories<'_> {
    /// Where copies of remote repositories lie: what is an overlay there is another repository's
    /// affair.
    fn copies(&self) -> HashSet<TreePath> {
        match self.renderer.project(self.tree.as_ref(), self.below) {
            Ok((project, _)) => project.remotes.iter().map(|(_, place)| place.clone()).collect(),
            // An error of the directory's own render.
            Err(_) => HashSet::new(),
        }
    }

    /// Whether a generator of a directory's pipeline claims it. The fallback claims nothing here
    /// unless the pipeline names it: nearly every directory holds some manifest.
    fn is_claimed(&self, place: &TreePath) -> Result<bool, PlanError> {
        let (project, library) = self.renderer.project(self.tree.as_ref(), place)?;
        let services = Arc::new(self.renderer.services(Arc::clone(self.tree), library));
        let named = self.overrides.plugins.as_ref().or(project.project.pipeline.as_ref());
        let auto = named.is_none_or(|names| names.iter().any(|name| name == AUTO));
        let claim = claim_by(&services, place, |name| {
            let is_named = named.is_some_and(|names| names.iter().any(|step| step == name));
            is_named || (auto && name != FALLBACK_GENERATOR)
        });
        Ok(claim?.is_some())
    }

    fn render(&self, directory: TreePath) -> DirectoryRender {
        let task = Task {
            application: self.application.clone(),
            overrides: self.overrides.clone(),
            ..Task::new(self.tree, &directory)
        };
        let (outcome, difference) = if self.check_deterministic {
            pipeline::render_twice(self.renderer, &task)
        } else {
            (pipeline::render(self.renderer, task), None)
        };
        DirectoryRender { directory, outcome, difference }
    }
}

/// The directories that others were made from: they were read to render another one.
pub fn read_by_others(renders: &[DirectoryRender]) -> BTreeSet<TreePath> {
    let mut inner = BTreeSet::new();
    for render in renders {
        for request in render.outcome.reads.keys() {
            let (Lookup::Read(path) | Lookup::List(path) | Lookup::Stat(path)) = request else { continue };
            // A file tells its directory.
            for directory in [path.parent(), Some(path.clone())].into_iter().flatten() {
                if directory != render.directory {
                    inner.insert(directory);
                }
            }
        }
    }
    inner
}
