//! One run of a program, and how long it takes.

use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use oarlock_process::{Ended, Ends, Limits, RunError};
use serde::{Serialize, Serializer};

use crate::error::{CompareError, Failed};

/// The most that a program may print.
const MAX_OUTPUT: u64 = 256 << 20;

/// What a program printed, or why it did not.
#[derive(Debug)]
pub(crate) struct Run {
    /// The output.
    pub(crate) output: Result<Vec<u8>, Failed>,
    /// How long the process ran.
    pub(crate) time: Seconds,
}

/// A time in seconds; as JSON, to the microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub(crate) struct Seconds(pub(crate) f64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A microsecond is more than a clock says of a process.
        serializer.serialize_f64((self.0 * 1e6).round() / 1e6)
    }
}

/// Runs a program to its end, or to that of its time.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn run(command: &mut Command, timeout: Duration) -> Result<Run, CompareError> {
    let limits = Limits { time: timeout, output: MAX_OUTPUT, ends: Ends::Program };
    let start = Instant::now();
    let ended = oarlock_process::run(command, None, &limits);
    let time = Seconds(start.elapsed().as_secs_f64());
    let output = match ended {
        Ok(Ended { status, output, .. }) if status.success() => Ok(output),
        Ok(Ended { status, messages, .. }) => Err(Failed::Status(why(&messages, status))),
        Err(RunError::TooMuchOutput(limit)) => Err(Failed::TooMuchOutput(limit >> 20)),
        Err(RunError::TooSlow(limit)) => Err(Failed::TooSlow(limit)),
        Err(RunError::Unreadable(error)) => Err(Failed::Unreadable(error)),
        Err(RunError::Start(source) | RunError::Wait(source)) => {
            let program = command.get_program().to_string_lossy().into_owned();
            return Err(CompareError::Run { program, source });
        }
    };
    Ok(Run { output, time })
}

/// The line of messages that says most: the first that names an error.
fn why(messages: &[u8], status: ExitStatus) -> String {
    let messages = String::from_utf8_lossy(messages);
    let lines = || messages.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().find(|line| line.to_lowercase().starts_with("error")).or_else(|| lines().next());
    line.map_or_else(|| status.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: u64) -> Result<Vec<u8>, String> {
        let run = run(Command::new("sh").args(["-c", script]), Duration::from_secs(timeout));
        run.unwrap().output.map_err(|why| why.to_string())
    }

    #[test]
    fn a_run_has_an_output_or_a_reason() {
        assert_eq!(shell("echo yes; echo no >&2", 60), Ok(b"yes\n".to_vec()));
        let failed = shell("echo part; echo note >&2; echo 'Error: why' >&2; exit 3", 60);
        assert_eq!(failed, Err("Error: why".to_owned()));
        assert_eq!(shell("exit 3", 60), Err("exit status: 3".to_owned()));
        assert_eq!(shell("kill -9 $$", 60), Err("signal: 9 (SIGKILL)".to_owned()));
        assert!(run(&mut Command::new("/no/such/program"), Duration::from_mins(1)).is_err());
    }

    #[test]
    fn a_run_over_a_limit_says_which() {
        assert_eq!(shell("exec sleep 100", 1), Err("took more than 1 s".to_owned()));
        let endless = shell("exec cat /dev/zero", 60);
        assert_eq!(endless, Err("printed more than 256 MiB".to_owned()));
    }
}
