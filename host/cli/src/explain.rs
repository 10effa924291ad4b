//! `oarlock explain`: what each plugin did to one object.

use std::path::PathBuf;

use anyhow::Result;
use oarlock_engine::diagnostic::Diagnostic;
use oarlock_engine::pipeline::{Overrides, Task, Trace, trace};
use oarlock_engine::sandbox::Workload;
use oarlock_engine::source::Source;
use oarlock_fleet::trace::{FindError, ObjectQuery};
use oarlock_plugin::{Failure, TreePath};
use std::sync::Arc;

use crate::application::ApplicationOptions;
use crate::exit::{Exit, exit_of};
use crate::session::{HostOptions, Session};
use crate::terminal::{self, Report};

/// Shows what each plugin of the pipeline did to one object, as a diff per plugin.
///
/// The object is named as for kubectl: KIND/NAME, KIND.GROUP/NAME, with plurals and short names.
/// Values of Secrets are not shown.
///
/// Example: oarlock explain overlays/prod deployment/web
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    object: ObjectArgs,
}

/// One object of the output of a directory.
#[derive(Debug, clap::Args)]
pub(crate) struct ObjectArgs {
    /// The directory to render.
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// The object: KIND/NAME, or KIND.GROUP/NAME.
    #[arg(value_name = "KIND/NAME")]
    object: String,

    /// The namespace of the object, where several have its name.
    #[arg(short, long)]
    namespace: Option<String>,

    /// For people, or JSON.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: Report,

    /// What plugins may read [default: the enclosing git work tree, else DIR].
    #[arg(long, value_name = "TREE")]
    root: Option<PathBuf>,

    #[command(flatten)]
    application: ApplicationOptions,
}

/// A directory that rendered, and the object in it that is meant.
pub(crate) struct Traced {
    pub(crate) session: Session,
    pub(crate) directory: TreePath,
    pub(crate) trace: Trace,
    pub(crate) query: ObjectQuery,
}

impl ObjectArgs {
    /// Renders the directory, and keeps every step. The inner error is told already.
    pub(crate) fn trace(&self, host: &HostOptions) -> Result<std::result::Result<Traced, Exit>> {
        let (session, directory) =
            Session::open(host, self.root.as_deref(), &self.directory, None, Workload::Few)?;
        session.tell_ignored(self.output);
        let query = match self.object.parse::<ObjectQuery>() {
            Ok(query) => query.in_namespace(self.namespace.as_deref()),
            Err(error) => return Err(not_found(&error).into()),
        };
        let read = match self.application.read(session.tree.as_ref(), &directory)? {
            Ok(read) => read,
            Err(failure) => {
                let tree = Some(session.tree.as_ref() as &dyn Source);
                terminal::tell(&[Diagnostic::error(failure)], tree, self.output);
                return Ok(Err(Exit::Invalid));
            }
        };
        read.tell(session.tree.as_ref(), self.output);
        let tree: Arc<dyn Source> = Arc::clone(&session.tree) as _;
        let task = Task {
            application: read.application.clone(),
            overrides: read.below(Overrides::default()),
            ..Task::new(&tree, &directory)
        };
        let mut trace = trace(session.renderer(), task);
        let services = &trace.outcome.services;
        let mut diagnostics: Vec<Diagnostic> =
            services.take_warnings().into_iter().map(Diagnostic::warning).collect();
        let mut exit = None;
        if trace.outcome.rendered.is_err() {
            let empty =
                oarlock_engine::pipeline::Rendered { directory: directory.clone(), manifests: Vec::new() };
            if let Err(error) = std::mem::replace(&mut trace.outcome.rendered, Ok(empty)) {
                exit = Some(exit_of(&error));
                let led_outside = trace.outcome.services.led_outside();
                diagnostics.extend(session.diagnostics(error, led_outside));
            }
        }
        terminal::tell(&diagnostics, Some(session.tree.as_ref()), self.output);
        match exit {
            Some(exit) => Ok(Err(exit)),
            None => Ok(Ok(Traced { session, directory, trace, query })),
        }
    }
}

/// What is said where no object is meant.
pub(crate) fn not_found(error: &FindError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let output = args.object.output;
    let traced = match args.object.trace(host)? {
        Ok(traced) => traced,
        Err(exit) => return Ok(exit),
    };
    let report = oarlock_fleet::trace::explain(&traced.trace, traced.directory.as_str(), &traced.query);
    let report = report.map_err(|error| not_found(&error))?;
    match output {
        Report::Json => terminal::print_json(&report),
        Report::Text => terminal::print_text(&report.text()),
    }
}
