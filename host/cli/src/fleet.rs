//! What the verbs of the fleet share: where it is, which trees stand for repositories, what is
//! printed of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use oarlock_engine::application::CONTROL_PLANE;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{LocatedProject, RenderError, Renderer};
use oarlock_engine::source::{Directory, Remembered, Source};
use oarlock_fleet::edit::ChangeSet;
use oarlock_fleet::{
    ApplicationRender, Checkout, Clusters, Environment, Filter, Fleet, MakeFleet, Needed, Needs, Progress,
    Revisions, Root, Settings, World,
};
use oarlock_plugin::{Failure, Failures, Glob, TreePath};

use crate::exit::Exit;
use crate::exit::exit_of;
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};
use crate::work_tree;

/// Which fleet, and what is known around it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct FleetArgs {
    /// A tree of another repository, as URL=DIR, for every revision of it; URL?ref=REVISION=DIR for
    /// one. May be given several times.
    #[arg(long, value_name = "URL=DIR", value_parser = repository)]
    pub(crate) repo: Vec<(String, String)>,

    /// The clusters that Argo CD knows, in place of `fleet.clusters` of oarlock.yaml.
    #[arg(long, value_name = "FILE")]
    pub(crate) clusters: Option<PathBuf>,

    /// Only Applications whose name is like this; `*` stands for any text.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) only: Option<Glob>,

    /// Only Applications that deploy to this cluster.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
}

impl FleetArgs {
    /// Refuses options that are for fleets alone.
    pub(crate) fn check_unused(&self) -> Result<()> {
        let given = [
            ("--repo", !self.repo.is_empty()),
            ("--clusters", self.clusters.is_some()),
            ("--only", self.only.is_some()),
            ("--cluster", self.cluster.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => bail!("{option} is for --fleet"),
            None => Ok(()),
        }
    }
}

/// `URL=DIR`. There may be a `=` in the URL.
pub(crate) fn repository(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((url, directory)) if !url.is_empty() && !directory.is_empty() => {
            Ok((url.to_owned(), directory.to_owned()))
        }
        _ => Err(format!("`{text}` is not URL=DIR")),
    }
}

/// Makes the fleet of a repository over any tree of it.
pub(crate) struct Maker {
    renderer: Renderer,
    /// URLs of the repository.
    urls: Vec<String>,
    /// Branches for which the tree stands.
    branches: Vec<String>,
    /// Trees of other repositories.
    others: Vec<(String, Checkout)>,
    /// The file with the clusters that the command line names.
    clusters: Option<(String, Vec<u8>)>,
    /// What opens other revisions of the repository.
    revisions: Option<Arc<dyn Revisions>>,
    /// The branch of the commit whose tree is rendered.
    branch: Option<String>,
}

impl Maker {
    /// What the repository's git configuration and the command line say.
    pub(crate) fn new(session: &Session, args: &FleetArgs) -> Result<Self> {
        let root = session.directory()?.root();
        let mut others = Vec::new();
        for (url, directory) in &args.repo {
            let tree = Directory::open(Path::new(directory)).with_context(|| format!("--repo {url}"))?;
            others.push((url.clone(), Checkout::new(Arc::new(tree))));
        }
        let mut clusters = None;
        if let Some(path) = &args.clusters {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.display().to_string();
            Clusters::parse(&name, &text, CONTROL_PLANE)?;
            clusters = Some((name, text));
        }
        Ok(Self {
            renderer: session.renderer().clone(),
            urls: work_tree::remote_urls(root),
            branches: work_tree::branches(root),
            others,
            clusters,
            revisions: None,
            branch: None,
        })
    }

    /// For trees of a commit of a branch. Other revisions come from the repository, too.
    pub(crate) fn at_commit(mut self, revisions: Arc<dyn Revisions>, branch: Option<&str>) -> Self {
        self.revisions = Some(revisions);
        self.branch = branch.map(str::to_owned);
        self
    }

    /// What the `oarlock.yaml` of a tree and the command line say.
    pub(crate) fn settings(
        &self,
        tree: &Arc<dyn Source>,
        project: &LocatedProject,
    ) -> Result<Settings, Failure> {
        let mut settings = Settings::load(tree, project)?.with_default_branches(project, &self.branches);
        for url in &self.urls {
            settings.repositories = settings.repositories.known_as(url);
        }
        for (url, checkout) in &self.others {
            settings.repositories = settings.repositories.with(url, checkout.clone());
        }
        if let Some(branch) = &self.branch {
            settings.repositories = settings.repositories.on_branch(branch);
        }
        if let Some(revisions) = &self.revisions {
            settings.repositories = settings.repositories.with_revisions(Arc::clone(revisions));
        }
        if let Some((name, text)) = &self.clusters {
            settings.options.clusters = Clusters::parse(name, text, &settings.options.namespace)?;
        }
        Ok(settings)
    }

    /// The fleet over a tree.
    pub(crate) fn fleet(&self, tree: &Arc<dyn Source>) -> Result<Fleet, Failure> {
        let (project, _) = self.renderer.project(tree.as_ref(), &TreePath::root()).map_err(|error| {
            let diagnostics = Diagnostic::from_render_error(RenderError::Plan(error));
            let first = diagnostics.into_iter().next().map(|diagnostic| diagnostic.failure);
            first.unwrap_or_else(|| Failure::new("oarlock.yaml cannot be read"))
        })?;
        let Settings { repositories, options, .. } = self.settings(tree, &project)?;
        Fleet::new(self.renderer.clone(), repositories, options)
            .map_err(|error| Failure::new(error.to_string()))
    }
}

/// A fleet that is at hand.
pub(crate) struct OpenFleet {
    pub(crate) session: Session,
    pub(crate) fleet: Fleet,
    /// Makes the fleet over other trees.
    pub(crate) maker: Maker,
    /// The roots that are wanted.
    pub(crate) roots: Vec<Root>,
    pub(crate) filter: Filter,
}

/// Opens the fleet of a repository. `root` is a file or directory, or the name of an environment;
/// without it all of `fleet.roots` count. The inner error is the repository's.
pub(crate) fn open(
    host: &HostOptions,
    args: &FleetArgs,
    (tree_root, root): (Option<&Path>, Option<&Path>),
    report: Report,
) -> Result<Result<OpenFleet, Exit>> {
    let place = root.filter(|root| root.exists());
    let directory = match place {
        Some(place) if place.is_dir() => place.to_owned(),
        Some(place) => place
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
            .to_owned(),
        None => tree_root.unwrap_or(Path::new(".")).to_owned(),
    };
    open_around(host, args, (tree_root, root), &directory, report)
}

/// The same for the tree around a directory.
pub(crate) fn open_around(
    host: &HostOptions,
    args: &FleetArgs,
    (tree_root, root): (Option<&Path>, Option<&Path>),
    directory: &Path,
    report: Report,
) -> Result<Result<OpenFleet, Exit>> {
    let place = root.filter(|root| root.exists());
    let workload = oarlock_fleet::workload();
    let (session, _) = Session::open(host, tree_root, directory, None, workload)?;
    session.tell_ignored(report);
    let tree: Arc<dyn Source> = Arc::new(Remembered::new(Arc::clone(&session.tree) as _));
    let tell = |failure: Failure| {
        terminal::tell(&[Diagnostic::error(failure)], Some(session.tree.as_ref()), report);
        Ok(Err(Exit::Invalid))
    };
    let project = match session.project(&TreePath::root()) {
        Ok((project, _)) => project,
        Err(error) => {
            let error = RenderError::Plan(error);
            let exit = exit_of(&error);
            let diagnostics = Diagnostic::from_render_error(error);
            terminal::tell(&diagnostics, Some(session.tree.as_ref()), report);
            return Ok(Err(exit));
        }
    };
    let maker = Maker::new(&session, args)?;
    let settings = match maker.settings(&tree, &project) {
        Ok(settings) => settings,
        Err(failure) => return tell(failure),
    };
    let Settings { repositories, options, roots, .. } = settings;
    let roots = match (root, place) {
        (Some(root), None) => {
            let name = root.to_string_lossy();
            let Some(found) = roots.iter().find(|known| known.environment == name) else {
                let names: Vec<&str> = roots.iter().map(|root| root.environment.as_str()).collect();
                let known = match names.as_slice() {
                    [] => "oarlock.yaml names no environments under `fleet.roots`".to_owned(),
                    names => format!("the environments of oarlock.yaml are {}", names.join(", ")),
                };
                bail!("there is no file or directory `{name}`, and {known}");
            };
            vec![found.clone()]
        }
        (_, Some(place)) => {
            let path = session.directory()?.locate(place)?;
            // A root that has a name keeps it.
            let named = roots.iter().find(|root| root.path == path).cloned();
            // A file is called without its ending.
            let name = || match path.file_name().unwrap_or("all") {
                name if place.is_file() => name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned(),
                name => name.to_owned(),
            };
            vec![named.unwrap_or_else(|| Root { environment: name(), path: path.clone() })]
        }
        (None, None) => roots,
    };
    let fleet = Fleet::new(session.renderer().clone(), repositories, options)?;
    let filter = Filter { only: args.only.clone(), cluster: args.cluster.clone() };
    Ok(Ok(OpenFleet { session, fleet, maker, roots, filter }))
}

impl OpenFleet {
    /// The repository, for what changes its files.
    pub(crate) fn world<'a>(&'a self, make: &'a MakeFleet<'a>, progress: &'a dyn Progress) -> World<'a> {
        World { tree: Arc::clone(&self.session.tree) as _, roots: &self.roots, fleet: make, progress }
    }

    /// Writes changes into the work tree, all of them or none, unless it is a dry run. Whether
    /// anything was written.
    pub(crate) fn write(&self, changes: &ChangeSet, dry_run: bool) -> Result<bool> {
        let is_written = !dry_run && !changes.is_empty();
        if is_written {
            changes.write(self.session.directory()?.root())?;
        }
        Ok(is_written)
    }

    /// Prints failures of the repository or of the request.
    pub(crate) fn tell_failures(&self, failures: Failures, report: Report) -> Exit {
        let diagnostics: Vec<Diagnostic> = failures.into_vec().into_iter().map(Diagnostic::error).collect();
        terminal::tell(&diagnostics, Some(self.session.tree.as_ref()), report);
        Exit::Invalid
    }

    /// Finds what the roots deploy.
    pub(crate) fn environments(&self) -> Result<Vec<Environment>> {
        if self.roots.is_empty() {
            bail!(
                "nothing says where the fleet is: name a root, as `oarlock apps argocd/prod`, or add `fleet.roots` to oarlock.yaml, which `oarlock apps --init` proposes"
            );
        }
        Ok(self.roots.iter().map(|root| self.fleet.environment(&root.environment, &root.path)).collect())
    }

    /// Tells of what is wrong with environments, but for renders of their Applications, and of what
    /// is not at hand.
    pub(crate) fn tell(&self, environments: &[Environment], report: Report) -> Exit {
        let mut exit = Exit::Done;
        for environment in environments {
            let warnings = environment.warnings.iter().cloned().map(Diagnostic::notice);
            let problems = environment.problems.iter().cloned().map(Diagnostic::error);
            let diagnostics: Vec<Diagnostic> = warnings.chain(problems).collect();
            terminal::tell(&diagnostics, Some(self.session.tree.as_ref()), report);
            if !environment.problems.is_empty() {
                exit = exit.max(Exit::Invalid);
            }
        }
        exit
    }

    /// Prints the warnings of an Application's render, and why it failed. Returns the exit status,
    /// if anyone is.
    pub(crate) fn tell_render(
        &self,
        title: &str,
        render: &mut ApplicationRender,
        (report, verbose): (Report, bool),
    ) -> Exit {
        let mut exit = Exit::Done;
        let of = |diagnostic: Diagnostic| Diagnostic {
            failure: diagnostic.failure.note(format!("for {title}")),
            ..diagnostic
        };
        let failures = std::mem::take(&mut render.failures);
        if !failures.is_empty() {
            exit = exit.max(Exit::Invalid);
        }
        let diagnostics: Vec<Diagnostic> = failures.into_iter().map(Diagnostic::error).map(of).collect();
        terminal::tell(&diagnostics, Some(self.session.tree.as_ref()), report);
        for source in &mut render.sources {
            if verbose {
                for line in std::mem::take(&mut source.log) {
                    terminal::say_log(&format!("{}: {}", line.plugin, line.message));
                }
            }
            let ignored = std::mem::take(&mut source.ignored).into_iter().map(Diagnostic::notice);
            let warnings = std::mem::take(&mut source.warnings).into_iter().map(Diagnostic::warning);
            let mut diagnostics: Vec<Diagnostic> = ignored.chain(warnings).map(of).collect();
            if source.rendered.is_err() {
                let Err(error) = std::mem::replace(&mut source.rendered, Ok(Vec::new())) else { continue };
                exit = exit.max(exit_of(&error));
                diagnostics.extend(self.session.diagnostics(error, false).into_iter().map(of));
            }
            terminal::tell(&diagnostics, Some(source.tree.as_ref()), report);
        }
        exit
    }
}

/// The first of some names, and how many more there are.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Prints what is not at hand, or not rendered, once each. It is no failure: Argo CD fetches
/// or runs it.
pub(crate) fn report_needs(needs: &Needs, report: Report) {
    let notice = |(needed, users): (&Needed, &[String])| {
        let failure = Failure::new(format!("{needed}, so it is left out"));
        Diagnostic::notice(failure.note(format!("for {}", shortened(users))).hint(needed.hint()))
    };
    terminal::tell(&needs.iter().map(notice).collect::<Vec<_>>(), None, report);
}
