//! `oarlock validate`: objects against the types of Kubernetes.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{Facts, Overrides};
use oarlock_engine::printable;
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::Source;
use oarlock_fleet::lint::{Baseline, output};
use oarlock_fleet::validate::{
    KubernetesRelease, ValidateInput, ValidateOptions, ValidateReport, ValidateRule, documents, gather,
    rendered, validate,
};
use oarlock_plugin::{Failure, Failures, TreePath};

use crate::application::ApplicationOptions;
use crate::exit::Exit;
use crate::fleet::{self, FleetArgs};
use crate::lint::{FailOn, Form, read_baseline, write_baseline};
use crate::progress::Bar;
use crate::render::DirectoryOutcome;
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};

/// Checks objects against the types of Kubernetes.
///
/// Fields that do not exist, wrong types and missing fields are found as the API server finds them.
/// CustomResourceDefinitions among the objects check the objects of their kinds. docs/validate.md
/// has a section for each rule.
///
/// Exit status: 0 no finding as grave as --fail-on; 1 there is one, or something does not render; 2
/// wrong usage.
///
/// Examples:
///
///   oarlock validate                                    # every environment of `fleet.roots`
///
///   oarlock validate --fleet argocd/prod --output sarif > validate.sarif
///
///   oarlock validate components/users/overlays/dev      # what a directory renders to
///
///   oarlock validate out/*.yaml --kubernetes-version 1.34
///
///   helm template charts/users | oarlock validate -
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A directory, which is rendered, or files of manifests; `-` is standard input. With --fleet,
    /// the root or the name of an environment [default: all of `fleet.roots`].
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Check every Application that the root deploys, as is done where no PATH is given.
    #[arg(long, conflicts_with_all = ["application", "facts"])]
    fleet: bool,

    /// The version of Kubernetes [default: that of the cluster or of `facts`, else the newest that
    /// is known].
    #[arg(long, value_name = "VERSION", value_parser = release)]
    kubernetes_version: Option<KubernetesRelease>,

    /// A file of CustomResourceDefinitions that are not among the objects. May be given several
    /// times.
    #[arg(long, value_name = "FILE")]
    crds: Vec<PathBuf>,

    /// The form of the findings.
    #[arg(long, value_enum, default_value_t)]
    output: Form,

    /// The lowest severity that ends with exit status 1.
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    fail_on: FailOn,

    /// Leave out a rule. May be given several times.
    #[arg(long, value_name = "RULE", value_parser = rule)]
    skip: Vec<ValidateRule>,

    /// Leave out the findings in this file.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings to a file, for --baseline.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,

    #[command(flatten)]
    application: ApplicationOptions,

    /// What may be read [default: the enclosing git work tree, else the directory].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,

    #[command(flatten, next_help_heading = "With --fleet")]
    of_fleet: FleetArgs,
}

fn rule(name: &str) -> Result<ValidateRule, String> {
    name.trim().parse::<ValidateRule>().map_err(|error| printable::line(&error.to_string()).into_owned())
}

fn release(text: &str) -> Result<KubernetesRelease, String> {
    text.parse::<KubernetesRelease>().map_err(|error| printable::line(&error.to_string()).into_owned())
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let definitions = definitions(&args.crds)?;
    let baseline = args.baseline.as_deref().map(read_baseline).transpose()?;
    let (Objects { mut input, kube_version }, exit) = if args.fleet || args.paths.is_empty() {
        match of_fleet(host, args)? {
            Ok(found) => found,
            Err(exit) => return Ok(exit),
        }
    } else {
        args.of_fleet.check_unused()?;
        match args.paths.as_slice() {
            [directory] if directory.is_dir() => match of_directory(host, args, directory)? {
                Ok(found) => found,
                Err(exit) => return Ok(exit),
            },
            files => (Objects { input: of_files(files)?, kube_version: None }, Exit::Done),
        }
    };
    input.definitions = definitions;
    let options =
        ValidateOptions { release: args.kubernetes_version, kube_version, skip: args.skip.clone(), baseline };
    let found = validate(&input, &options);
    for note in &found.notes {
        terminal::tell(&[Diagnostic::notice(Failure::new(note.clone()))], None, report(args));
    }
    if let Some(path) = &args.write_baseline {
        write_baseline(path, &Baseline::of(found.as_known()))?;
        return Ok(exit);
    }
    print(args.output, &found)?;
    let fails = args.fail_on.severity().is_some_and(|severity| found.has(severity));
    Ok(if fails { exit.max(Exit::Invalid) } else { exit })
}

fn report(args: &Args) -> Report {
    if args.output == Form::Text { Report::Text } else { Report::Json }
}

/// What is checked.
struct Objects {
    input: ValidateInput,
    /// The cluster's version of Kubernetes, where that is known.
    kube_version: Option<String>,
}

/// The objects of the fleet.
fn of_fleet(host: &HostOptions, args: &Args) -> Result<Result<(Objects, Exit), Exit>> {
    let root = match args.paths.as_slice() {
        [] => None,
        [root] => Some(root.as_path()),
        _ => bail!("--fleet takes one root"),
    };
    let open = match fleet::open(host, &args.of_fleet, (args.root.as_deref(), root), report(args))? {
        Ok(open) => open,
        Err(exit) => return Ok(Err(exit)),
    };
    let environments = open.environments()?;
    let mut exit = open.tell(&environments, report(args));
    let bar = Bar::hidden();
    let (input, needs) = gather(&open.fleet, &environments, &open.filter, &bar);
    bar.finish();
    fleet::report_needs(&needs, report(args));
    for (application, failure) in &input.failures {
        let failure = failure.clone().note(format!("for {application}"));
        terminal::tell(&[Diagnostic::error(failure)], Some(open.session.tree.as_ref()), report(args));
        exit = exit.max(Exit::Invalid);
    }
    let facts = facts(&open.session, &TreePath::root());
    Ok(Ok((Objects { input, kube_version: facts.and_then(|facts| facts.kube_version) }, exit)))
}

/// The objects that a directory renders to.
fn of_directory(host: &HostOptions, args: &Args, given: &Path) -> Result<Result<(Objects, Exit), Exit>> {
    let (session, directory) = Session::open(host, args.root.as_deref(), given, None, Workload::Few)?;
    session.tell_ignored(report(args));
    let tree: Arc<dyn Source> = Arc::clone(&session.tree) as _;
    let read = match args.application.read(tree.as_ref(), &directory)? {
        Ok(read) => read,
        Err(failure) => {
            terminal::tell(&[Diagnostic::error(failure)], Some(tree.as_ref()), report(args));
            return Ok(Err(Exit::Invalid));
        }
    };
    read.tell(tree.as_ref(), report(args));
    let overrides = read.below(Overrides::default());
    let outcome =
        DirectoryOutcome::of(&session, session.render(&directory, &read.application, &overrides, false));
    terminal::tell(&outcome.diagnostics, Some(tree.as_ref()), report(args));
    let Ok(output) = outcome.rendered else { return Ok(Err(outcome.exit)) };
    let facts = Facts::of(&read.application).or_else(|| facts(&session, &directory));
    let kube_version = facts.and_then(|facts| facts.kube_version);
    let input = ValidateInput { groups: vec![rendered(&output.manifests, tree)], ..ValidateInput::default() };
    Ok(Ok((Objects { input, kube_version }, Exit::Done)))
}

/// The facts that `oarlock.yaml` names. What is wrong with them, the render has said.
fn facts(session: &Session, directory: &TreePath) -> Option<Facts> {
    let (project, _) = session.project(directory).ok()?;
    let path = TreePath::new(project.project.facts.as_deref()?).ok()?;
    Facts::load(session.tree.as_ref(), &path).ok()
}

/// The objects of files.
fn of_files(files: &[PathBuf]) -> Result<ValidateInput> {
    let mut input = ValidateInput::default();
    let mut failures = Vec::new();
    for file in files {
        let (name, text) = read(file)?;
        match documents(&name, &text) {
            Ok(group) => input.groups.push(group),
            Err(failure) => failures.push(failure),
        }
    }
    Failures::check(failures)?;
    Ok(input)
}

/// CustomResourceDefinitions of files.
fn definitions(files: &[PathBuf]) -> Result<Vec<serde_json::Value>> {
    let mut found = Vec::new();
    for file in files {
        let (name, text) = read(file)?;
        let group = documents(&name, &text)?;
        let before = found.len();
        let is_definition = |object: &serde_json::Value| {
            object.get("kind").is_some_and(|kind| kind == "CustomResourceDefinition")
        };
        found.extend(group.objects.into_iter().map(|written| written.object).filter(is_definition));
        if found.len() == before {
            bail!("--crds {name}: there is no CustomResourceDefinition in it");
        }
    }
    Ok(found)
}

/// The most bytes of standard input.
const MAX_INPUT_BYTES: u64 = 256 << 20;

fn read(file: &Path) -> Result<(String, Vec<u8>)> {
    if file == Path::new("-") {
        let mut text = Vec::new();
        let read = std::io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_end(&mut text);
        read.context("cannot read standard input")?;
        if text.len() as u64 > MAX_INPUT_BYTES {
            bail!("standard input is larger than {} MiB", MAX_INPUT_BYTES >> 20);
        }
        return Ok(("<stdin>".to_owned(), text));
    }
    if file.is_dir() {
        bail!("{} is a directory: name one directory alone, or files", file.display());
    }
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok((file.display().to_string(), text))
}

fn print(form: Form, found: &ValidateReport) -> Result<Exit> {
    match form {
        Form::Text => terminal::print_text(&output::text(found)),
        Form::Json => terminal::print_json(found),
        Form::Sarif => terminal::print(output::sarif(found).as_bytes()),
        Form::Junit => terminal::print(output::junit(found).as_bytes()),
        Form::Gitlab => terminal::print(output::gitlab(found).as_bytes()),
    }
}
