//! What the verbs share that compare two states of a fleet: which ones, and the fleet of each.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{Profile, RenderError};
use oarlock_engine::source::Source;
use oarlock_fleet::change::Options;
use oarlock_fleet::diff::{FleetSide, Pairing};
use oarlock_fleet::findings::Commit;
use oarlock_fleet::git::{GitError, GitRepository, Range, RepositoryState};
use oarlock_fleet::{Filter, Fleet, Revisions, Root, Settings};
use oarlock_plugin::{Failure, TreePath};

use crate::exit::Exit;
use crate::fleet::{FleetArgs, Maker};
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};
use crate::work_tree;

/// Which two states of which fleet.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ComparisonArgs {
    /// What is compared: BASE and the work tree, BASE..HEAD, or BASE...HEAD for the merge base of
    /// both and HEAD [default: the merge base with the default branch, and the work tree].
    #[arg(value_name = "BASE[..HEAD]")]
    pub(crate) range: Option<String>,

    /// Only this root: the name of an environment, or a file or directory from the root of the
    /// repository [default: all of `fleet.roots`].
    #[arg(long, short, value_name = "ROOT")]
    pub(crate) environment: Option<String>,

    #[command(flatten)]
    pub(crate) fleet: FleetArgs,

    /// The repository [default: the one around the current directory].
    #[arg(long, value_name = "TREE")]
    pub(crate) root: Option<PathBuf>,
}

/// Two states of a fleet.
pub(crate) struct Opened {
    pub(crate) session: Session,
    base: (Fleet, Vec<Root>),
    head: (Fleet, Vec<Root>),
    /// What the repository leaves out of comparisons, as it says after the change.
    pub(crate) options: Options,
    pub(crate) base_commit: Commit,
    pub(crate) head_commit: Commit,
    pub(crate) filter: Filter,
}

/// A state of the repository and how it is called.
struct Point {
    tree: Arc<dyn Source>,
    commit: Commit,
}

/// `A..B`, two releases of Argo CD.
pub(crate) fn profiles(text: &str) -> Result<(Profile, Profile), String> {
    let (one, other) = text.split_once("..").ok_or_else(|| format!("`{text}` is not PROFILE..PROFILE"))?;
    let profile = |name: &str| {
        Profile::of_name(name).ok_or_else(|| {
            let known: Vec<&str> = Profile::names().collect();
            format!("there is no profile `{name}`; there are {}", known.join(", "))
        })
    };
    Ok((profile(one)?, profile(other)?))
}

/// Opens both states. With two profiles they are the same state, rendered like two releases of Argo
/// CD. The inner error is the repository's.
pub(crate) fn open(
    host: &HostOptions,
    args: &ComparisonArgs,
    profiles: Option<(Profile, Profile)>,
    report: Report,
) -> Result<Result<Opened, Exit>> {
    let directory = args.root.clone().unwrap_or_else(|| PathBuf::from("."));
    let (session, _) =
        Session::open(host, args.root.as_deref(), &directory, None, oarlock_fleet::workload())?;
    session.tell_ignored(report);
    let root = session.directory()?.root().to_owned();
    if args.root.is_none()
        && let Some(failure) = work_tree::foreign_repository(&root)?
    {
        return Err(failure.into());
    }
    let git = match GitRepository::open(&root) {
        Ok(git) => Some(git),
        // What is compared is not two commits.
        Err(GitError::NotARepository(_)) if profiles.is_some() && args.range.is_none() => None,
        Err(error) => return Err(failure_of(&error).into()),
    };
    let (base, head, branch) = match points(&session, git.as_ref(), args, profiles) {
        Ok(points) => points,
        Err(error) => return Err(failure_of(&error).into()),
    };
    let maker = Maker::new(&session, &args.fleet)?;
    let fleet = |point: &Point, profile| {
        let revisions = git.clone().map(|git| Arc::new(git) as Arc<dyn Revisions>);
        fleet_of(&session, &maker, point, (revisions, branch.as_deref()), profile)
    };
    let (old, new) = (profiles.map(|(one, _)| one), profiles.map(|(_, other)| other));
    let both = fleet(&base, old).and_then(|base| Ok((base, fleet(&head, new)?)));
    let ((base_fleet, mut base_roots, _), (head_fleet, mut head_roots, options)) = match both {
        Ok(both) => both,
        Err(Problem::Repository(diagnostics)) => {
            terminal::tell(&diagnostics, None, report);
            return Ok(Err(Exit::Failed));
        }
        Err(Problem::Command(error)) => return Err(error),
    };
    // Where the repository did not say it yet, the roots are those of later.
    if base_roots.is_empty() {
        base_roots.clone_from(&head_roots);
    }
    let there =
        |roots: &mut Vec<Root>, point: &Point| roots.retain(|root| point.tree.stat(&root.path).is_ok());
    choose(args, &mut base_roots, &mut head_roots);
    there(&mut base_roots, &base);
    there(&mut head_roots, &head);
    if head_roots.is_empty() && base_roots.is_empty() {
        let failure = match &args.environment {
            Some(name) => {
                Failure::new(format!("there is no environment, file or directory `{name}` in the repository"))
            }
            None => Failure::new("nothing says where the fleet is")
                .hint("name a root by `--environment`, or add `fleet.roots` to oarlock.yaml, which `oarlock apps --init` proposes"),
        };
        return Err(failure.into());
    }
    let filter = Filter { only: args.fleet.only.clone(), cluster: args.fleet.cluster.clone() };
    let (mut base_commit, mut head_commit) = (base.commit, head.commit);
    if let Some((one, other)) = profiles {
        base_commit = named(&base_commit, one);
        head_commit = named(&head_commit, other);
    }
    let (base, head) = ((base_fleet, base_roots), (head_fleet, head_roots));
    Ok(Ok(Opened { session, base, head, options, base_commit, head_commit, filter }))
}

impl Opened {
    /// Finds what both fleets deploy, and which Application of one is which of the other.
    pub(crate) fn pairing(&self) -> Pairing<'_> {
        let [base, head] = FleetSide::both([&self.base, &self.head].map(|(fleet, roots)| (fleet, &**roots)));
        Pairing::new(base, head)
    }

    /// The fleet after the change.
    pub(crate) fn head(&self) -> &Fleet {
        &self.head.0
    }
}

fn named(commit: &Commit, profile: Profile) -> Commit {
    Commit { name: profile.release().name.to_owned(), reference: Some(commit.name.clone()) }
}

/// A failure of git, with what to do about it.
pub(crate) fn failure_of(error: &GitError) -> Failure {
    let failure = Failure::new(error.to_string());
    error.hint().into_iter().fold(failure, Failure::hint)
}

/// The two states, and the branch that is compared with.
fn points(
    session: &Session,
    git: Option<&GitRepository>,
    args: &ComparisonArgs,
    profiles: Option<(Profile, Profile)>,
) -> Result<(Point, Point, Option<String>), GitError> {
    let hidden = session.tree.hidden();
    let Some(git) = git else {
        let point = || Point {
            tree: Arc::clone(&session.tree) as _,
            commit: Commit { name: "work tree".to_owned(), reference: None },
        };
        return Ok((point(), point(), None));
    };
    let point = |state: &RepositoryState| -> Result<Point, GitError> {
        Ok(match state {
            RepositoryState::Commit { id, reference } => Point {
                tree: git.commit_tree(*id)?,
                commit: Commit {
                    name: id.short(),
                    reference: reference.clone().filter(|name| !id.to_string().starts_with(name.as_str())),
                },
            },
            RepositoryState::WorkTree => Point {
                tree: git.work_tree(&hidden)?,
                commit: Commit { name: "work tree".to_owned(), reference: None },
            },
        })
    };
    if profiles.is_some() {
        let state = match args.range.as_deref() {
            Some(revision) => {
                RepositoryState::Commit { id: git.commit(revision)?, reference: Some(revision.to_owned()) }
            }
            None => RepositoryState::WorkTree,
        };
        let base = point(&state)?;
        let head = Point { tree: Arc::clone(&base.tree), commit: base.commit.clone() };
        return Ok((base, head, None));
    }
    let Range { base, head, branch } = git.range(args.range.as_deref())?;
    // Both are read at the same time.
    let (base, head) = std::thread::scope(|scope| {
        let base = scope.spawn(|| point(&base));
        let head = point(&head);
        (base.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), head)
    });
    Ok((base?, head?, branch))
}

/// The exit status where a fleet cannot be opened.
enum Problem {
    /// The repository.
    Repository(Vec<Diagnostic>),
    /// The command line or the environment.
    Command(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Command(error.into())
    }
}

/// The fleet of a state, the roots that the repository names there, and what it leaves out of
/// comparisons.
fn fleet_of(
    session: &Session,
    maker: &Maker,
    point: &Point,
    (revisions, branch): (Option<Arc<dyn Revisions>>, Option<&str>),
    profile: Option<Profile>,
) -> Result<(Fleet, Vec<Root>, Options), Problem> {
    let place = format!("in {}", point.commit.name);
    let at_fault = |diagnostics: Vec<Diagnostic>| {
        let noted = diagnostics
            .into_iter()
            .map(|diagnostic| Diagnostic { failure: diagnostic.failure.note(place.clone()), ..diagnostic });
        Problem::Repository(noted.collect())
    };
    let (project, _) = session
        .renderer()
        .project(point.tree.as_ref(), &TreePath::root())
        .map_err(|error| at_fault(Diagnostic::from_render_error(RenderError::Plan(error))))?;
    let settings = maker.settings(&point.tree, &project);
    let settings = settings.map_err(|failure| at_fault(vec![Diagnostic::error(failure)]))?;
    let Settings { mut repositories, mut options, roots, comparison } = settings;
    if let Some(branch) = branch {
        repositories = repositories.on_branch(branch.strip_prefix("origin/").unwrap_or(branch));
    }
    if let Some(revisions) = revisions {
        repositories = repositories.with_revisions(revisions);
    }
    options.profile = profile.or(options.profile);
    Ok((Fleet::new(session.renderer().clone(), repositories, options)?, roots, comparison))
}

/// Leaves the root that is wanted.
fn choose(args: &ComparisonArgs, base: &mut Vec<Root>, head: &mut Vec<Root>) {
    let Some(wanted) = &args.environment else { return };
    if base.iter().chain(&*head).any(|root| root.environment == *wanted) {
        base.retain(|root| root.environment == *wanted);
        head.retain(|root| root.environment == *wanted);
        return;
    }
    let place = TreePath::new(wanted.trim_end_matches('/')).ok();
    let one = |roots: &Vec<Root>| -> Vec<Root> {
        let Some(path) = place.clone() else { return Vec::new() };
        let named = roots.iter().find(|root| root.path == path).cloned();
        let environment = path.file_name().unwrap_or("all").to_owned();
        vec![named.unwrap_or(Root { environment, path })]
    };
    (*base, *head) = (one(base), one(head));
}

/// Refuses what cannot be compared by profiles.
pub(crate) fn check_profiles(args: &ComparisonArgs, profiles: Option<(Profile, Profile)>) -> Result<()> {
    if profiles.is_some() && args.range.as_deref().is_some_and(|range| range.contains("..")) {
        bail!("--profile compares two profiles over one commit, not two commits");
    }
    Ok(())
}
