//! The exit status of the process.

use std::process::ExitCode;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The repository is at fault: something in it does not render, or differs where it should not.
    Invalid,
    /// The command line or the surroundings are at fault: nothing was tried.
    Usage,
    /// A plugin is at fault: it broke, lied, or could not be loaded.
    PluginBroke,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Invalid => 1,
            Exit::Usage => 2,
            Exit::PluginBroke => 3,
        })
    }
}
