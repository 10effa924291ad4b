//! `oarlock diff`: what a change does to everything that a repository deploys.

use anyhow::Result;
use clap::ValueEnum;
use oarlock_engine::pipeline::Profile;
use oarlock_fleet::change::compare_sides;
use oarlock_fleet::comment::{self, Dialect, MarkdownOptions};
use oarlock_fleet::findings::{Review, Severity, Verdict, review};
use oarlock_fleet::html::html;

use crate::comparison::{self, ComparisonArgs};
use crate::exit::Exit;
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Shows what a change does to everything that the repository deploys: which objects of which
/// Applications are added, removed and changed, and what of that needs attention.
///
/// Both states are read from git, without a checkout. Only Applications that may differ are
/// rendered on both sides.
///
/// Exit status: 0 the same; 1 something differs; 2 something failed; 3 a plugin broke.
///
/// Examples:
///
///   oarlock diff                                    # this branch, uncommitted changes included
///
///   oarlock diff main..HEAD --output markdown       # two commits, as a comment
///
///   oarlock diff --fail-on blocking                 # status 1 only for what would be lost or fail
///
///   oarlock diff --profile argocd-3.4..argocd-3.5   # what an upgrade of Argo CD would change
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    comparison: ComparisonArgs,

    /// Compare two releases of Argo CD over one commit, or over the work tree.
    #[arg(long, value_name = "A..B", value_parser = comparison::profiles)]
    profile: Option<(Profile, Profile)>,

    /// How the differences are shown.
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    /// Whose Markdown is written.
    #[arg(long, value_enum, default_value_t)]
    dialect: DialectArg,

    /// End with exit status 1 only if there is a finding as grave as this.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,

    /// Show changes of labels and annotations whose name is like this apart, as noise; `*` stands
    /// for any text. May be given several times, and adds to `fleet.noise` of oarlock.yaml.
    #[arg(long, value_name = "PATTERN")]
    noise: Vec<String>,

    /// With --output markdown: tells this comment from others of Oarlock on the same pull request.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    key: String,

    /// With --output markdown: where the whole diff is, a link or the name of an artefact.
    #[arg(long, value_name = "LINK")]
    artefact: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Output {
    /// For a terminal.
    #[default]
    Text,
    /// As `oarlock schema diff` describes it.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// A page, in one file.
    Html,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum DialectArg {
    /// GitHub.
    #[default]
    Github,
    /// GitLab.
    Gitlab,
    /// Forgejo and Gitea.
    Forgejo,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    /// What would be lost, or would fail.
    Blocking,
    /// That, and what calls for a review.
    Caution,
}

impl From<DialectArg> for Dialect {
    fn from(dialect: DialectArg) -> Self {
        match dialect {
            DialectArg::Github => Self::GitHub,
            DialectArg::Gitlab => Self::GitLab,
            DialectArg::Forgejo => Self::Forgejo,
        }
    }
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    comparison::check_profiles(&args.comparison, args.profile)?;
    let report = if matches!(args.output, Output::Json) { Report::Json } else { Report::Text };
    let opened = match comparison::open(host, &args.comparison, args.profile, report)? {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let pairing = opened.pairing();
    let bar = Bar::hidden();
    let (before, after) = pairing.render(&opened.filter, &bar);
    bar.finish();
    if before.applications.is_empty() && after.applications.is_empty() {
        anyhow::bail!("there is no Application like that in the fleet");
    }
    let mut options = opened.options.clone();
    options.noise.extend_from_slice(&args.noise);
    let compared = compare_sides(&before, &after, &options);
    let review = review(&compared, opened.base_commit.clone(), opened.head_commit.clone());
    let text = match args.output {
        Output::Text => comment::text(&review),
        Output::Json => comment::json(&review),
        Output::Markdown => comment::markdown(
            &review,
            &MarkdownOptions {
                dialect: args.dialect.into(),
                key: args.key.clone(),
                artefact: args.artefact.clone(),
            },
        ),
        Output::Html => html(&review),
    };
    // Each of these shows nothing that a terminal would obey.
    terminal::print(text.as_bytes())?;
    Ok(exit_of(&review, args.fail_on))
}

/// How a comparison ends. What failed before the change alone is what the change fixes.
fn exit_of(review: &Review, fail_on: Option<FailOn>) -> Exit {
    if review.verdict == Verdict::Failed {
        return Exit::Failed;
    }
    let differs = match fail_on {
        None => review.verdict != Verdict::Same,
        Some(FailOn::Blocking) => review.gravest() == Some(Severity::Blocking),
        Some(FailOn::Caution) => review.gravest().is_some_and(|gravest| gravest <= Severity::Caution),
    };
    if differs { Exit::Differs } else { Exit::Done }
}
