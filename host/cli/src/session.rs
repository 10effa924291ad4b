//! What the commands that run plugins share: the tree, the plugins that may run, the operator's
//! file.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use oarlock_plugin::{Application, Failure, Kind, TreePath};
use oarlock_precompiled::PRECOMPILED;

use super::compile::InChild;
use super::supply::{self, Network};
use super::terminal::{self, Report};
use super::tree::Tree;
use super::work_tree::{self, WorkTree};
use oarlock_engine::diagnostic::{Diagnostic, Severity};
use oarlock_engine::pipeline::{
    self, FALLBACK_GENERATOR, LocatedProject, Operator, OperatorError, Overrides, PlanError, RenderError,
    RenderOutcome, RenderStore, Renderer, Task, claim_by,
};
use oarlock_engine::render_cache::RenderCache;
use oarlock_engine::sandbox::{CodeCache, Engine, Library, PluginSource, Services, Workload};
use oarlock_engine::source::{Directory, Remembered, Source};
use oarlock_fleet::{Directories, Progress, RenderedAll};

/// The most directories below one that are looked at for what could be rendered.
const MAX_LOOKED_AT: usize = 500;

/// Options of every verb that runs plugins.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HostOptions {
    /// The operator's configuration: which plugins may run, and how much each may take.
    #[arg(long, global = true, value_name = "FILE", env = "OARLOCK_OPERATOR_CONFIG", hide_env_values = true)]
    operator: Option<PathBuf>,

    /// A component from a file, as NAME=FILE. You are the operator of your own machine.
    #[arg(long, global = true, value_name = "NAME=FILE", value_parser = name_and_value)]
    plugin: Vec<(String, String)>,

    /// Where compiled plugins are kept [default: ~/.cache/oarlock].
    #[arg(long, global = true, value_name = "DIR", env = "OARLOCK_CACHE_DIR", hide_env_values = true)]
    cache_dir: Option<PathBuf>,

    /// Keep renders in a directory, and use those of earlier runs where nothing that they read has
    /// changed.
    #[arg(long, global = true, value_name = "DIR", env = "OARLOCK_RENDER_CACHE", hide_env_values = true)]
    render_cache: Option<PathBuf>,
}

impl HostOptions {
    /// The operator's file, where one is named.
    pub(super) fn operator_file(&self) -> Option<&Path> {
        self.operator.as_deref()
    }

    /// What the operator says.
    pub(super) fn load_operator(&self) -> Result<Operator> {
        let Some(path) = &self.operator else { return Ok(Operator::default()) };
        Operator::load(path).map_err(|error| match error {
            // Shown with the place in the file.
            OperatorError::Invalid(failure) => anyhow::Error::new(failure),
            error => error.into(),
        })
    }

    /// The same with a component from a file.
    pub(super) fn with_plugin(mut self, name: &str, file: &Path) -> Self {
        self.plugin.push((name.to_owned(), file.display().to_string()));
        self
    }

    /// Where compiled plugins are kept.
    pub(super) fn cache_directory(&self) -> Option<PathBuf> {
        self.cache_dir.clone().or_else(CodeCache::default_directory)
    }
}

/// `NAME=VALUE`.
pub(super) fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}

/// A tree and the plugins that may run over it.
pub(crate) struct Session {
    /// The tree, whatever its source.
    pub tree: Arc<Tree>,
    /// The source, where it is a directory.
    directory: Option<Arc<Directory>>,
    renderer: Renderer,
    /// The plugins that the command line brings.
    brought: Vec<String>,
    /// Whether the tree is the directory itself because no work tree surrounds it.
    is_alone: bool,
    /// What was found around the directory and does not count.
    ignored: Vec<Diagnostic>,
}

impl Session {
    /// A library with the plugins that the operator allows, and that are on this machine.
    pub(super) fn library(options: &HostOptions, workload: Workload) -> Result<(Library, Operator)> {
        Self::library_of(options, workload, Network::Unused)
    }

    /// The same, where artifacts may be fetched from registries.
    pub(super) fn library_of(
        options: &HostOptions,
        workload: Workload,
        network: Network,
    ) -> Result<(Library, Operator)> {
        let operator = options.load_operator()?;
        let cache = options.cache_directory().map(CodeCache::new);
        let mut library = Library::new(Engine::new(workload)?, cache)
            .compiled_by(Arc::new(InChild::new(&operator.limits)))
            .precompiled(PRECOMPILED);
        if std::io::stderr().is_terminal() {
            library = library.on_compile(Arc::new(|plugin| {
                terminal::say(&format!("compiling plugin `{plugin}`, which happens once"));
            }));
        }
        supply::fill(&operator, &mut library, options.cache_directory().as_deref(), network)?;
        add_brought(options, &mut library)?;
        Ok((library, operator))
    }

    /// What the operator allows now, with the engine of a library of before and what is loaded
    /// there and is the same.
    #[cfg(feature = "server")]
    pub(super) fn library_again(options: &HostOptions, old: &Library) -> Result<(Library, Operator)> {
        let operator = options.load_operator()?;
        let mut library = old.without_plugins().compiled_by(Arc::new(InChild::new(&operator.limits)));
        supply::fill(&operator, &mut library, options.cache_directory().as_deref(), Network::Used)?;
        add_brought(options, &mut library)?;
        library.adopt(old);
        Ok((library, operator))
    }

    /// Opens the tree around a directory.
    pub(super) fn open(
        options: &HostOptions,
        root: Option<&Path>,
        directory: &Path,
        pipeline: Option<&Path>,
        workload: Workload,
    ) -> Result<(Self, TreePath)> {
        let found = match root {
            Some(root) => WorkTree::Trusted(root.to_owned()),
            None => work_tree::enclosing(directory)?,
        };
        let (mut ignored, mut hidden) = (Vec::new(), HashSet::new());
        let is_alone = !matches!(found, WorkTree::Trusted(_));
        let around = match found {
            WorkTree::Trusted(around) => around,
            WorkTree::None => directory.to_owned(),
            WorkTree::Foreign(around, owner) => {
                ignored.push(work_tree::foreign_root(&around, owner, directory));
                directory.to_owned()
            }
        };
        let source = Arc::new(Directory::open(&around)?);
        let located = source.locate(directory)?;
        if root.is_none() {
            for (file, owner) in work_tree::foreign_configuration(source.root(), &located) {
                ignored.push(work_tree::foreign_file(source.root(), &file, owner));
                hidden.insert(file);
            }
        }
        if !directory.is_dir() {
            bail!("`{}` is not a directory", directory.display());
        }
        let tree = Tree::new(Arc::clone(&source) as _, hidden);
        let session = Self::of(options, tree, pipeline, workload)?;
        Ok((Self { directory: Some(source), is_alone, ignored, ..session }, located))
    }

    /// A session over any tree.
    fn of(options: &HostOptions, tree: Tree, pipeline: Option<&Path>, workload: Workload) -> Result<Self> {
        let (library, operator) = Self::library(options, workload)?;
        let pipeline = match pipeline {
            Some(path) => {
                let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
                Some(LocatedProject::from_file(&path.display().to_string(), &text)?)
            }
            None => None,
        };
        let mut renderer =
            Renderer { library: Arc::new(library), operator: Arc::new(operator), pipeline, cache: None };
        if let Some(directory) = &options.render_cache {
            renderer.cache = render_cache(directory, &renderer)?;
        }
        let brought = options.plugin.iter().map(|(name, _)| name.clone()).collect();
        let tree = Arc::new(tree);
        Ok(Self { tree, directory: None, renderer, brought, is_alone: false, ignored: Vec::new() })
    }

    /// The tree on disk, for verbs that write to it or ask git about it.
    ///
    /// # Errors
    /// If the tree comes from elsewhere.
    pub(super) fn directory(&self) -> Result<&Directory> {
        self.directory.as_deref().context("this needs a tree on disk")
    }

    /// Says what was found around the directory and does not count.
    pub(super) fn tell_ignored(&self, report: Report) {
        terminal::tell(&self.ignored, None, report);
    }

    /// Services for one render.
    pub(super) fn services(&self, library: Arc<Library>) -> Services {
        self.renderer.services(Arc::clone(&self.tree) as Arc<dyn Source>, library)
    }

    /// The repository's configuration of a directory, and the library with the plugins that the
    /// repository brings.
    pub(super) fn project(&self, directory: &TreePath) -> Result<(LocatedProject, Arc<Library>), PlanError> {
        self.renderer.project(self.tree.as_ref(), directory)
    }

    /// What renders, for verbs that need to know all that a render read.
    pub(super) fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// Warnings about plugins that the command line brings and none of some renders used.
    pub(super) fn unused_plugins(&self, rendered: &BTreeSet<String>) -> Vec<Diagnostic> {
        let unused = self.brought.iter().filter(|name| !rendered.contains(*name));
        let warning = |name: &String| {
            let failure =
                Failure::new(format!("plugin `{name}` of `--plugin` was not used: no pipeline names it"))
                    .hint(format!(
                        "name it in `--plugins`, as `--plugins auto,{name}`, or in `pipeline` of oarlock.yaml"
                    ));
            Diagnostic { severity: Severity::Warning, plugin: None, failure }
        };
        unused.map(warning).collect()
    }

    /// Says why so little of the disk is in the tree.
    fn explain_root(failure: Failure) -> Failure {
        failure.note("no git work tree is around the directory, so it is all that plugins see; `--root TREE` says otherwise")
    }

    /// What a failed render says, with what only the command line knows. `led_outside` says that a
    /// plugin wanted something outside of the tree.
    pub(super) fn diagnostics(&self, error: RenderError, led_outside: bool) -> Vec<Diagnostic> {
        let below = self.below(&error);
        let mut explains_root = self.is_alone && led_outside;
        let explain = |mut diagnostic: Diagnostic| {
            let failure = if std::mem::take(&mut explains_root) {
                Self::explain_root(diagnostic.failure)
            } else {
                diagnostic.failure
            };
            diagnostic.failure = match &below {
                Some(below) => suggest_below(failure, below),
                None => failure,
            };
            diagnostic
        };
        Diagnostic::from_render_error(error).into_iter().map(explain).collect()
    }

    /// For a directory that no plugin claims: one below it that a plugin does.
    fn below(&self, error: &RenderError) -> Option<TreePath> {
        match error {
            RenderError::Plan(PlanError::Unclaimed { directory, .. }) => self.claimed_below(directory),
            _ => None,
        }
    }

    /// The first directory below one that a generator claims, those near to it first; plain
    /// manifests do not count.
    fn claimed_below(&self, directory: &TreePath) -> Option<TreePath> {
        let services = Arc::new(self.services(Arc::clone(&self.renderer.library)));
        let mut places = VecDeque::from([directory.clone()]);
        let mut seen = 0;
        while let Some(place) = places.pop_front() {
            let mut entries = self.tree.list(&place).ok()?.entries;
            entries.sort();
            for entry in
                entries.into_iter().filter(|entry| entry.kind == Kind::Directory && entry.name != ".git")
            {
                let Ok(below) = place.join(&entry.name) else { continue };
                seen += 1;
                // Not through links, which may go round in circles.
                let is_real = self.tree.stat(&below).is_ok_and(|found| found.path == below.as_str());
                if seen > MAX_LOOKED_AT || !is_real {
                    continue;
                }
                let claimed = claim_by(&services, &below, |name| name != FALLBACK_GENERATOR);
                if claimed.is_ok_and(|claimed| claimed.is_some()) {
                    return Some(below);
                }
                places.push_back(below);
            }
        }
        None
    }

    /// Renders a directory as the server would for the Application; twice where it is to be checked
    /// that both are the same.
    pub(super) fn render(
        &self,
        directory: &TreePath,
        application: &Application,
        overrides: &Overrides,
        check_deterministic: bool,
    ) -> (RenderOutcome, Option<Failure>) {
        let tree: Arc<dyn Source> = Arc::clone(&self.tree) as _;
        let task = Task {
            application: application.clone(),
            overrides: overrides.clone(),
            once: true,
            ..Task::new(&tree, directory)
        };
        if check_deterministic {
            pipeline::render_twice(&self.renderer, &task)
        } else {
            (pipeline::render(&self.renderer, task), None)
        }
    }

    /// Renders every directory below one that a generator claims.
    ///
    /// # Errors
    /// If there can be no threads.
    pub(super) fn render_all(
        &self,
        below: &TreePath,
        (application, overrides): (&Application, &Overrides),
        check_deterministic: bool,
        progress: &dyn Progress,
    ) -> Result<RenderedAll> {
        let tree: Arc<dyn Source> = Arc::new(Remembered::new(Arc::clone(&self.tree) as _));
        let directories = Directories {
            renderer: &self.renderer,
            tree: &tree,
            below,
            application,
            overrides,
            check_deterministic,
        };
        Ok(oarlock_fleet::render_all(&directories, progress)?)
    }
}

/// Adds the components that the command line brings.
fn add_brought(options: &HostOptions, library: &mut Library) -> Result<()> {
    for (name, path) in &options.plugin {
        if let Err(error) = std::fs::File::open(path) {
            bail!("cannot read plugin `{name}`: {path}: {error}");
        }
        library.add(name, PluginSource::File { path: path.into(), digest: None });
    }
    Ok(())
}

/// The cache of renders in a directory. One that cannot be trusted is not used, which costs time
/// alone.
fn render_cache(directory: &Path, renderer: &Renderer) -> Result<Option<Arc<dyn RenderStore>>> {
    let cache = RenderCache::new(directory.to_owned(), renderer)?;
    if let Err(error) = cache.check() {
        let failure =
            Failure::new(format!("the render cache `{}` is not used: {error}", directory.display()));
        let failure = failure
            .hint("name a directory that only you can write to, in directories that are yours or root's");
        terminal::tell(
            &[Diagnostic { severity: Severity::Warning, plugin: None, failure }],
            None,
            Report::Text,
        );
        return Ok(None);
    }
    Ok(Some(Arc::new(cache)))
}

/// How to render what lies below a directory that no plugin claims.
fn suggest_below(mut failure: Failure, below: &TreePath) -> Failure {
    failure.notes.extend(failure.hint.take());
    failure.hint(format!(
        "name a directory below it, as `{below}`; `oarlock render -r` renders all of them that plugins claim"
    ))
}
