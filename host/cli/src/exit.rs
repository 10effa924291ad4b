//! The exit status of the process.

use std::process::ExitCode;

use oarlock_engine::pipeline::{PlanError, RenderError};
use oarlock_engine::sandbox::SandboxError;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// A comparison found a difference.
    Differs,
    /// The repository is at fault: something in it does not render, or differs where it should not.
    Invalid,
    /// A comparison could not be made in full: something does not render.
    Failed,
    /// The command line or the surroundings are at fault: nothing was tried.
    Usage,
    /// A plugin is at fault: it broke, lied, or could not be loaded.
    PluginBroke,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Differs | Exit::Invalid => 1,
            Exit::Failed | Exit::Usage => 2,
            Exit::PluginBroke => 3,
        })
    }
}

/// Who is at fault.
pub(crate) fn exit_of(error: &RenderError) -> Exit {
    match error {
        RenderError::Empty(_) | RenderError::Plan(PlanError::Project(_) | PlanError::Unclaimed { .. }) => {
            Exit::Invalid
        }
        RenderError::Objects { then: None, .. } => Exit::Invalid,
        RenderError::Sandbox(error)
        | RenderError::Plan(PlanError::Sandbox(error))
        | RenderError::Objects { then: Some(error), .. } => match error {
            SandboxError::Failed { .. } => Exit::Invalid,
            SandboxError::Unknown { .. } | SandboxError::Unreadable { .. } | SandboxError::Refused { .. } => {
                Exit::Usage
            }
            _ => Exit::PluginBroke,
        },
    }
}
