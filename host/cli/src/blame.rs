//! `oarlock blame`: where an object and its values come from.

use anyhow::Result;
use oarlock_engine::pipeline::RenderError;
use oarlock_fleet::trace::{self, BlameError};
use oarlock_plugin::Failure;

use crate::exit::{Exit, exit_of};
use crate::explain::{ObjectArgs, not_found};
use crate::session::HostOptions;
use crate::terminal::{self, Report};

/// Shows where an object and its values come from: the file, the line and the plugin.
///
/// The object is named as for kubectl: KIND/NAME, KIND.GROUP/NAME, with plurals and short names.
/// For each field the place is the one to edit: in a base, a patch, a generator or an entry of the
/// kustomization. Values of Secrets are not shown.
///
/// Examples:
///
///   oarlock blame overlays/prod deployment/web
///
///   oarlock blame overlays/prod deployment/web spec.replicas
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(flatten)]
    object: ObjectArgs,

    /// A field, or the fields below one; elements of lists by their name or position.
    #[arg(value_name = "FIELD")]
    field: Option<String>,
}

pub(super) fn run(host: &HostOptions, args: &Args) -> Result<Exit> {
    let output = args.object.output;
    let traced = match args.object.trace(host)? {
        Ok(traced) => traced,
        Err(exit) => return Ok(exit),
    };
    let (directory, field) = (traced.directory.as_str(), args.field.as_deref());
    let report = match trace::blame(&traced.trace, directory, &traced.query, field) {
        Ok(report) => report,
        Err(BlameError::Object(error)) => return Err(not_found(&error).into()),
        Err(BlameError::Field(error)) => {
            let failure = Failure::new(error.to_string());
            return Err(match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
            .into());
        }
        Err(BlameError::Sandbox(error)) => {
            let error = RenderError::from(error);
            let exit = exit_of(&error);
            let led_outside = traced.trace.outcome.services.led_outside();
            let diagnostics = traced.session.diagnostics(error, led_outside);
            terminal::tell(&diagnostics, Some(traced.session.tree.as_ref()), output);
            return Ok(exit);
        }
    };
    match output {
        Report::Json => terminal::print_json(&report),
        Report::Text => terminal::print_text(&report.text()),
    }
}
