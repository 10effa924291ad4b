//! Which status tells what.
//!
//! `UNAVAILABLE` and `RESOURCE_EXHAUSTED` make Argo CD's controller repeat the whole request, so
//! only what passes by itself gets one of them.

use tonic::{Code, Status};

use super::memory::Exhausted;
use oarlock_engine::diagnostic::{Diagnostic, application_error};
use oarlock_engine::pipeline::{PlanError, RenderError};
use oarlock_engine::sandbox::{LimitKind, SandboxError};
use oarlock_engine::source::UnpackError;

/// A render that failed.
pub(super) fn of_render(application: &str, error: RenderError) -> Status {
    let code = match &error {
        RenderError::Sandbox(error)
        | RenderError::Plan(PlanError::Sandbox(error))
        | RenderError::Objects { then: Some(error), .. } => match error {
            SandboxError::Failed { .. } | SandboxError::Unknown { .. } => Code::FailedPrecondition,
            SandboxError::Limit { kind: LimitKind::Client, .. } => Code::DeadlineExceeded,
            SandboxError::Limit { kind: LimitKind::Process, .. } => Code::ResourceExhausted,
            _ => Code::Internal,
        },
        _ => Code::FailedPrecondition,
    };
    Status::new(code, application_error(application, &Diagnostic::from_render_error(error)))
}

/// An archive that is refused.
pub(super) fn of_archive(application: &str, error: &UnpackError) -> Status {
    let failure = oarlock_plugin::Failure::new(error.to_string());
    let failure = match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    };
    Status::invalid_argument(application_error(application, &[Diagnostic::error(failure)]))
}

/// A stream that breaks the protocol.
pub(super) fn of_stream(application: &str, what: &str) -> Status {
    Status::invalid_argument(format!("application `{application}`: the request is broken: {what}"))
}

/// Something passes by itself: come again.
pub(super) fn busy(application: &str, why: &str) -> Status {
    Status::resource_exhausted(format!("application `{application}`: oarlock is busy: {why}; try again"))
}

/// The memory for requests is in use: come again.
pub(super) fn exhausted(application: &str, exhausted: Exhausted) -> Status {
    let why = format!(
        "{exhausted}; try again\n  help: `argocd.memory` in the operator's configuration raises the limit, below what the container may take"
    );
    Status::resource_exhausted(format!("application `{application}`: oarlock is busy: {why}"))
}
