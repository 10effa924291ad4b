//! `oarlock plugin test`.

use std::fmt::Write as _;
use std::path::PathBuf;

use oarlock_author::{Case, Project, Verdict};
use oarlock_engine::printable;

use super::{Failed, bench};
use crate::exit::Exit;
use crate::session::HostOptions;
use crate::terminal;

/// Runs the cases of a plugin: the folders below `tests/`.
///
/// What goes in: request.yaml (directory, config, application), manifests.yaml, tree/. What comes
/// out: expected.yaml, messages.txt. Each case runs twice, with listings in another order.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the plugin.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Make what the plugin answers the expected answer.
    #[arg(long)]
    update: bool,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit, Failed> {
    let project = Project::open(&args.folder)?;
    let cases = Case::all(&project)?;
    let bench = bench(host, &project.name, &project.component())?;
    let mut text = String::new();
    let mut failed = 0;
    for case in &cases {
        let name = printable::line(&case.name);
        if args.update {
            let word = if case.update(&bench)? { "updated" } else { "same" };
            let _ = writeln!(text, "{word:<8}{name}");
            continue;
        }
        let verdict = case.run(&bench)?;
        if verdict != Verdict::Passed {
            failed += 1;
        }
        describe(&name, &verdict, &mut text);
    }
    if !args.update {
        let _ = writeln!(text, "\n{} passed, {failed} failed", cases.len() - failed);
    }
    terminal::print_text(&text)?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Invalid })
}

fn describe(name: &str, verdict: &Verdict, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = match verdict {
        Verdict::Passed => writeln!(text, "ok      {name}"),
        Verdict::New => {
            writeln!(
                text,
                "new     {name}: nothing is expected yet; `oarlock plugin test --update` records the answer"
            )
        }
        Verdict::Varies(diff) => {
            writeln!(
                text,
                "FAILED  {name}: the answer depends on the order in which directories are listed\n{diff}"
            )
        }
        Verdict::Failed(differences) => differences.iter().try_for_each(|difference| {
            writeln!(text, "FAILED  {name}: {}\n{}", difference.file, difference.diff)
        }),
    };
}
