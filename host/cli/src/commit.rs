//! The fleet of a commit, which is read from git without a checkout.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::RenderError;
use oarlock_engine::source::Source;
use oarlock_fleet::findings::Commit;
use oarlock_fleet::git::{CommitId, GitError, GitRepository};
use oarlock_fleet::{MakeFleet, Progress, Revisions, Root, Settings, World};
use oarlock_plugin::{Failures, TreePath};

use crate::comparison::failure_of;
use crate::exit::{Exit, exit_of};
use crate::fleet::{FleetArgs, Maker};
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};
use crate::work_tree;

/// The fleet of a commit.
pub(crate) struct CommitFleet {
    pub(crate) session: Session,
    pub(crate) git: GitRepository,
    /// The commit.
    pub(crate) id: CommitId,
    /// How it was named.
    reference: String,
    /// The branch that it is the tip of, without the name of its remote.
    pub(crate) branch: Option<String>,
    pub(crate) tree: Arc<dyn Source>,
    pub(crate) maker: Maker,
    pub(crate) roots: Vec<Root>,
}

/// Which commit is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// The one that a revision names.
    Named(&'a str),
    /// The one that is checked out.
    Head,
    /// That of the default branch.
    DefaultBranch,
}

/// Opens the fleet of a commit of the repository around a directory. The inner error is the
/// repository's.
pub(crate) fn open(
    host: &HostOptions,
    args: &FleetArgs,
    tree_root: Option<&Path>,
    which: Which<'_>,
    report: Report,
) -> Result<Result<CommitFleet, Exit>> {
    let directory = tree_root.unwrap_or(Path::new("."));
    let (session, _) = Session::open(host, tree_root, directory, None, oarlock_fleet::workload())?;
    session.tell_ignored(report);
    let root = session.directory()?.root().to_owned();
    if tree_root.is_none()
        && let Some(failure) = work_tree::foreign_repository(&root)?
    {
        return Err(failure.into());
    }
    let git = GitRepository::open(&root).map_err(|error| failure_of(&error))?;
    let (id, reference, branch) = find(&git, which).map_err(|error| failure_of(&error))?;
    let tree = git.commit_tree(id).map_err(|error| failure_of(&error))?;
    let revisions: Arc<dyn Revisions> = Arc::new(git.clone());
    let maker = Maker::new(&session, args)?.at_commit(revisions, branch.as_deref());
    let at_fault = |diagnostics: &[Diagnostic], exit| {
        terminal::tell(diagnostics, Some(tree.as_ref()), report);
        Ok(Err(exit))
    };
    let project = match session.renderer().project(tree.as_ref(), &TreePath::root()) {
        Ok((project, _)) => project,
        Err(error) => {
            let error = RenderError::Plan(error);
            let exit = exit_of(&error);
            return at_fault(&Diagnostic::from_render_error(error), exit);
        }
    };
    let Settings { roots, .. } = match maker.settings(&tree, &project) {
        Ok(settings) => settings,
        Err(failure) => return at_fault(&[Diagnostic::error(failure)], Exit::Invalid),
    };
    Ok(Ok(CommitFleet { session, git, id, reference, branch, tree, maker, roots }))
}

/// The commit, how it was named, and its branch.
fn find(git: &GitRepository, which: Which<'_>) -> Result<(CommitId, String, Option<String>), GitError> {
    Ok(match which {
        Which::Named(revision) => (git.commit(revision)?, revision.to_owned(), git.branch_name(revision)),
        Which::Head => (git.head()?, "HEAD".to_owned(), git.head_branch()),
        Which::DefaultBranch => {
            let Some((name, id)) = git.default_branch() else {
                // Without a commit there is no branch either.
                git.head()?;
                return Err(GitError::NoDefaultBranch { is_shallow: false });
            };
            let branch = name.strip_prefix("origin/").unwrap_or(&name).to_owned();
            (id, name, Some(branch))
        }
    })
}

impl CommitFleet {
    /// The repository over the tree of the commit.
    pub(crate) fn world<'a>(&'a self, make: &'a MakeFleet<'a>, progress: &'a dyn Progress) -> World<'a> {
        World { tree: Arc::clone(&self.tree), roots: &self.roots, fleet: make, progress }
    }

    /// What the commit is called.
    pub(crate) fn name(&self) -> Commit {
        let is_id = self.id.to_string().starts_with(&self.reference);
        Commit { name: self.id.short(), reference: (!is_id).then(|| self.reference.clone()) }
    }

    /// Prints failures of the repository, or of what was asked of it.
    pub(crate) fn tell_failures(&self, failures: Failures, report: Report) -> Exit {
        let diagnostics: Vec<Diagnostic> = failures.into_vec().into_iter().map(Diagnostic::error).collect();
        terminal::tell(&diagnostics, Some(self.tree.as_ref()), report);
        Exit::Invalid
    }

    /// Refuses a remote that git does not know, so that its name is never an option or a URL.
    pub(crate) fn check_remote(&self, remote: &str) -> Result<()> {
        if !self.git.has_remote(remote) {
            bail!("there is no remote `{remote}` in git's configuration; `git remote` lists them");
        }
        Ok(())
    }
}
