//! `oarlock release`: another version of an image, as a branch for a pull request.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use oarlock_engine::diagnostic::{Diagnostic, Severity};
use oarlock_engine::printable;
use oarlock_engine::source::Source;
use oarlock_fleet::comment;
use oarlock_fleet::git::BranchName;
use oarlock_fleet::{Release, ReleaseOptions, ReleaseReport, ReleaseVersion, release};
use oarlock_plugin::Failure;
use tempfile::NamedTempFile;

use crate::commit::{self, CommitFleet, Which};
use crate::comparison::failure_of;
use crate::diff::DialectArg;
use crate::exit::Exit;
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::set_image::AroundArgs;
use crate::terminal::{self, Report};

/// What a file that is new may be read and written by.
const FILE_MODE: u32 = 0o644;

/// Makes a branch that sets the version of an Application's image, for a pull request.
///
/// The commit is made in git's object database: neither the index nor the work tree is touched. It
/// starts from the default branch, and has the author of git's configuration. What decides the
/// image is found and proved as by `oarlock set-image`. Nothing is pushed unless `--push` says so.
///
/// Examples:
///
///   oarlock release users-v2 v1.2.3 --env prod --dry-run        # what it would change
///
///   oarlock release users-v2 v1.2.3 --env prod -o pr --push
///
///   gh pr create -H release/prod/users-v2-v1.2.3 -t "$(cat pr/title.txt)" -F pr/body.md
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
pub(crate) struct Args {
    /// The Application, or the ApplicationSet that makes it.
    name: String,

    /// The tag of the image, its digest, or both as TAG@DIGEST.
    #[arg(value_name = "VERSION", value_parser = version)]
    release_version: ReleaseVersion,

    /// The environment, one of `fleet.roots`.
    #[arg(long, value_name = "NAME")]
    env: String,

    /// The image, by its name or the last part of it, if the Application has several.
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,

    /// The branch to make [default: release/ENV/NAME-VERSION].
    #[arg(long, value_name = "BRANCH", value_parser = branch)]
    branch: Option<BranchName>,

    /// The commit to start from [default: the default branch, at the remote if it is known there].
    #[arg(long, value_name = "REVISION", allow_hyphen_values = true)]
    base: Option<String>,

    /// Replace the branch if there is one already, and push it likewise.
    #[arg(long)]
    force: bool,

    /// Push the branch by `git push`.
    #[arg(long)]
    push: bool,

    /// The remote to push to.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "origin",
        requires = "push",
        allow_hyphen_values = true
    )]
    remote: String,

    /// Write title.txt and body.md to this directory.
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write the title of the pull request to this file.
    #[arg(long, value_name = "FILE")]
    title_file: Option<PathBuf>,

    /// Write the text of the pull request to this file: the rendered difference in Markdown.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,

    /// Whose Markdown is written.
    #[arg(long, value_enum, default_value_t)]
    dialect: DialectArg,

    /// Show the rendered difference, and write nothing.
    #[arg(long, conflicts_with = "push")]
    dry_run: bool,

    /// For people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    #[command(flatten)]
    around: AroundArgs,
}

fn version(text: &str) -> Result<ReleaseVersion, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn branch(text: &str) -> Result<BranchName, String> {
    text.parse().map_err(|error| format!("{error}"))
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let which = args.base.as_deref().map_or(Which::DefaultBranch, Which::Named);
    let open = commit::open(host, &args.around.fleet_args(), args.around.root(), which, args.output)?;
    let open = match open {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    if args.push {
        open.check_remote(&args.remote)?;
    }
    let options = ReleaseOptions {
        name: args.name.clone(),
        version: args.release_version.clone(),
        environment: args.env.clone(),
        image: args.image.clone(),
        branch: args.branch.clone(),
        base: open.name(),
        base_branch: open.branch.clone(),
    };
    let bar = Bar::hidden();
    let make = |tree: &Arc<dyn Source>| open.maker.fleet(tree);
    let released = release(&open.world(&make, &bar), options);
    bar.finish();
    let mut release = match released {
        Ok(release) => release,
        Err(failures) => return Ok(open.tell_failures(failures, args.output)),
    };
    if !args.dry_run && !release.changes.is_empty() {
        write(&open, args, &mut release)?;
    }
    match args.output {
        Report::Json => terminal::print_json(&release.report),
        Report::Text => terminal::print_text(&text(&release.report, args)),
    }
}

/// Writes the commit, the files and the branch, in this order, and pushes. What fails leaves no
/// branch behind.
fn write(open: &CommitFleet, args: &Args, release: &mut Release) -> Result<()> {
    let failed = |error| anyhow::Error::new(failure_of(&error));
    let update = release.write_commit(&open.git, open.id, args.force).map_err(failed)?;
    if open.git.wants_signatures() {
        let failure = Failure::new("the commit is not signed, although `commit.gpgSign` asks for it")
            .hint(format!("sign it by `git switch {} && git commit --amend --no-edit`", update.name));
        let warning = Diagnostic { severity: Severity::Warning, plugin: None, failure };
        terminal::tell(&[warning], None, args.output);
    }
    let title = release.report.title.clone() + "\n";
    let body = release.body(args.dialect.into());
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    if let Some(directory) = &args.out {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot create the directory `{}`", directory.display()))?;
        files.extend([(directory.join("title.txt"), title.as_str()), (directory.join("body.md"), &body)]);
    }
    files.extend(args.title_file.iter().map(|path| (path.clone(), title.as_str())));
    files.extend(args.body_file.iter().map(|path| (path.clone(), body.as_str())));
    for (path, content) in files {
        write_file(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    open.git.update_branch(&update).map_err(failed)?;
    if args.push {
        push(open.session.directory()?.root(), &args.remote, &update.name, args.force)?;
        release.report.pushed = true;
    }
    Ok(())
}

/// Writes a file as a whole.
fn write_file(path: &Path, content: &str) -> Result<()> {
    if path.exists() && !path.is_file() {
        // Such as a pipe of a shell.
        return Ok(fs::write(path, content)?);
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::with_prefix_in(".oarlock-", directory)?;
    file.write_all(content.as_bytes())?;
    file.as_file().set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
    file.persist(path)?;
    Ok(())
}

/// Runs the user's own `git push`: its arguments are fixed but for the remote, which git's
/// configuration knows, and the branch, whose name is checked.
fn push(root: &Path, remote: &str, branch: &BranchName, force: bool) -> Result<()> {
    let reference = branch.reference();
    let mut command = Command::new("git");
    command.arg("-C").arg(root).arg("push");
    if force {
        command.arg("--force");
    }
    command.args(["--", remote, &format!("{reference}:{reference}")]);
    // Standard output is for data. What git says is shown as it is.
    let output = command.stdin(Stdio::inherit()).stderr(Stdio::inherit()).output();
    let output = output.context("cannot run `git push`; the branch is there, but not pushed")?;
    if !output.status.success() {
        bail!("`git push` failed: {}; the branch `{branch}` is there, but not pushed", output.status);
    }
    Ok(())
}

fn text(report: &ReleaseReport, args: &Args) -> String {
    let mut text = String::new();
    let shown = |name: &dyn std::fmt::Display| printable::line(&name.to_string()).into_owned();
    if report.places.is_empty() {
        let _ = writeln!(
            text,
            "`{}` has {} in {} already",
            shown(&report.name),
            report.image,
            shown(&report.environment)
        );
        return text;
    }
    for place in &report.places {
        let before = if place.before.is_empty() { "no version" } else { &place.before };
        let _ = writeln!(text, "{}: {} → {}", shown(&place.origin), shown(&before), place.after);
    }
    for application in &report.applications {
        let _ = writeln!(text, "  {}", shown(application));
    }
    let base = match &report.base.reference {
        Some(reference) => format!("{} ({})", report.base.name, shown(reference)),
        None => report.base.name.clone(),
    };
    match &report.commit {
        Some(commit) => {
            let short = commit.get(..12).unwrap_or(commit);
            let _ = writeln!(text, "branch {}: commit {short} on {base}", report.branch);
            if report.pushed {
                let _ = writeln!(text, "pushed to {}", shown(&args.remote));
            }
        }
        None => {
            let _ = writeln!(text, "branch {} on {base}, not written: this is a dry run", report.branch);
        }
    }
    if args.dry_run
        && let Some(review) = &report.review
    {
        let _ = write!(text, "\n{}", comment::text(review));
    }
    text
}
