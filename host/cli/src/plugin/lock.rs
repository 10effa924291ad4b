//! `oarlock plugin lock`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, anyhow};
use oarlock_distribution::{Access, Artifact, ArtifactSource, Error, Origin, open, write};
use oarlock_engine::source::Digest;
use oarlock_engine::{LockFile, printable};

use super::Failed;
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::supply::{self, Network};
use crate::terminal;

/// Pins the plugins of the operator's file in oarlock.lock beside it, and fetches what is pinned.
///
/// A plugin that has a `digest` in the operator's file needs no line. What is pinned stays as it is
/// until --update, or until the operator's file names another source.
///
/// Exit status: 1 if --check finds something that is not pinned.
///
/// Example: oarlock plugin lock --operator operator.yaml
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Pin these anew, to what their tag or file is now; without names all of them.
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with = "check")]
    update: Option<Vec<String>>,

    /// For CI: write and fetch nothing, and fail where the lock file is not as it would be written.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let file = host.operator_file().ok_or_else(|| anyhow!("name the operator's file by --operator"))?;
    let mut operator = host.load_operator()?;
    let before = std::mem::take(&mut operator.lock);
    let (mut after, mut is_missing) = (BTreeMap::new(), false);
    let mut text = String::new();
    for (name, plugin) in operator.brought().map_err(anyhow::Error::new)? {
        let cache = host.cache_directory();
        // The lock file is taken out: what it says is looked at here.
        let source = supply::source(&operator, &name, &plugin, cache.as_deref(), Network::Used)
            .map_err(anyhow::Error::new)?;
        if source.policy.digest.is_some() {
            let _ = writeln!(text, "{:<9} {}", "pinned", printable::line(&name));
            continue;
        }
        let is_anew = args.update.as_ref().is_some_and(|names| names.is_empty() || names.contains(&name));
        let old = before.plugins.get(&name).filter(|_| !is_anew);
        let kept = old.and_then(|line| {
            digest_of(line).filter(|digest| supply::locked(&source.origin, *digest) == **line)
        });
        if kept.is_none() && args.check {
            is_missing = true;
            let _ = writeln!(text, "{:<9} {}", "missing", printable::line(&name));
            continue;
        }
        let digest = match kept {
            Some(digest) => digest,
            None => digest_now(&source)?,
        };
        if !args.check {
            fetch(source.clone(), digest)?;
        }
        let line = supply::locked(&source.origin, digest);
        let word = if kept.is_some() { "same" } else { "locked" };
        let _ = writeln!(text, "{word:<9} {} {}", printable::line(&name), printable::line(&line));
        after.insert(name, line);
    }
    let is_same = after == before.plugins;
    if !args.check && !is_same {
        let lock = LockFile { plugins: after, ..before };
        let path = file.with_file_name(LockFile::NAME);
        let content = lock.print().map_err(anyhow::Error::new)?;
        write(&path, content.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    terminal::print_text(&text)?;
    Ok(if args.check && (is_missing || !is_same) { Exit::Invalid } else { Exit::Done })
}

/// The digest in a line of the lock file.
fn digest_of(line: &str) -> Option<Digest> {
    oarlock_distribution::parse_digest(line.rsplit_once('@')?.1)
}

/// What a tag names now, or a file is.
fn digest_now(source: &ArtifactSource) -> Result<Digest, Failed> {
    match &source.origin {
        Origin::Artifact(reference) => {
            Ok(Artifact::find(open(reference, Access::Pull).as_mut(), reference)?.digest)
        }
        Origin::File(path) => {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Digest::of(&bytes))
        }
    }
}

/// Fetches a component, so that it is on this machine, and checks it as it will be checked when it
/// is loaded.
fn fetch(mut source: ArtifactSource, digest: Digest) -> Result<(), Error> {
    source.policy.digest = Some(digest);
    source.bring().map(drop)
}
