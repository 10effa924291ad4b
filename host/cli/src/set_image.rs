//! `oarlock set-image`: another version of an image.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use oarlock_engine::printable;
use oarlock_engine::source::Source;
use oarlock_fleet::comment;
use oarlock_fleet::{ImageReference, SetImage, SetImageReport, set_image};
use oarlock_plugin::TreePath;

use crate::exit::Exit;
use crate::fleet::{self, FleetArgs, OpenFleet};
use crate::progress::Bar;
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Sets the version of an image in the file that decides it.
///
/// The place is found by rendering: an entry of kustomize's `images`, a patch, a base, the values
/// of a chart, or a field of an Application. Nothing else in the file changes. The fleet is
/// rendered before and after, and if anything but this image would change, nothing is written.
///
/// Examples:
///
///   oarlock set-image components/ua/users-v2/overlays/dev registry.example.com/users:abc123
///
///   oarlock set-image users-v2-dev-v3 registry.example.com/users@sha256:…   # an Application
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A directory that is rendered, or the name of an Application.
    target: String,

    /// The image with its new tag, its new digest or both.
    #[arg(value_parser = image)]
    image: ImageReference,

    /// Show the rendered difference, and write nothing.
    #[arg(long)]
    dry_run: bool,

    /// For people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    output: Report,

    #[command(flatten)]
    around: AroundArgs,
}

/// What is known around the repository, for verbs that change its files.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AroundArgs {
    /// A tree of another repository, as URL=DIR. May be given several times.
    #[arg(long, value_name = "URL=DIR", value_parser = fleet::repository)]
    repo: Vec<(String, String)>,

    /// The clusters that Argo CD knows, in place of `fleet.clusters` of oarlock.yaml.
    #[arg(long, value_name = "FILE")]
    clusters: Option<PathBuf>,

    /// What is rendered [default: the enclosing git work tree, else the directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,
}

impl AroundArgs {
    /// The tree that is named.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The same as options of a fleet.
    pub(crate) fn fleet_args(&self) -> FleetArgs {
        FleetArgs { repo: self.repo.clone(), clusters: self.clusters.clone(), ..FleetArgs::default() }
    }

    /// Opens the fleet of the repository around a directory, by default the current one.
    pub(crate) fn open(
        &self,
        host: &HostOptions,
        directory: Option<&Path>,
        report: Report,
    ) -> Result<Result<OpenFleet, Exit>> {
        let root = self.root.as_deref();
        let directory = directory.or(root).unwrap_or(Path::new("."));
        fleet::open_around(host, &self.fleet_args(), (root, None), directory, report)
    }
}

fn image(text: &str) -> Result<ImageReference, String> {
    text.parse().map_err(|error| format!("{error}"))
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let path = Path::new(&args.target);
    let is_directory = path.is_dir();
    let open = match args.around.open(host, is_directory.then_some(path), args.output)? {
        Ok(open) => open,
        Err(exit) => return Ok(exit),
    };
    let located: Option<TreePath> =
        if is_directory { Some(open.session.directory()?.locate(path)?) } else { None };
    let bar = Bar::hidden();
    let make = |tree: &Arc<dyn Source>| open.maker.fleet(tree);
    let set = set_image(&open.world(&make, &bar), &args.target, located.as_ref(), &args.image);
    bar.finish();
    let SetImage { changes, mut report } = match set {
        Ok(set) => set,
        Err(failures) => return Ok(open.tell_failures(failures, args.output)),
    };
    report.written = open.write(&changes, args.dry_run)?;
    match args.output {
        Report::Json => terminal::print_json(&report),
        Report::Text => terminal::print_text(&text(&report, args.dry_run)),
    }
}

fn text(report: &SetImageReport, dry_run: bool) -> String {
    let mut text = String::new();
    let SetImageReport { target, image, .. } = report;
    if report.places.is_empty() {
        let _ = writeln!(text, "`{}` has {image} already", printable::line(target));
        return text;
    }
    for place in &report.places {
        let at = place.origin.to_string();
        let before = if place.before.is_empty() { "no version" } else { &place.before };
        let _ = writeln!(text, "{}: {} → {}", printable::line(&at), printable::line(before), place.after);
    }
    for application in &report.applications {
        let _ = writeln!(text, "  {}", printable::line(&application.to_string()));
    }
    if dry_run && let Some(review) = &report.review {
        let _ = write!(text, "\n{}", comment::text(review));
    }
    text
}
