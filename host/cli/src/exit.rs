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
    /// Something in the repository does not render, or differs where it should not.
    Invalid,
    /// A comparison could not be made in full: something does not render.
    Failed,
    /// The command line or the environment is wrong: nothing was tried.
    Usage,
    /// A plugin trapped, broke the contract, or could not be loaded.
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

/// The exit status for an error.
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
