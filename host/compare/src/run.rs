//! One run of a program, with a limit of time and of output.

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};

use crate::error::{CompareError, Failed};

/// The most that a program may print.
const MAX_OUTPUT: u64 = 256 << 20;
/// The most of its messages that is kept.
const MAX_MESSAGES: u64 = 64 << 10;

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
    let cannot_run = |program: String| |source| CompareError::Run { program, source };
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().map_err(cannot_run(program.clone()))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (done, printed) = mpsc::channel();
    // Both are read to their ends, or a program that prints much would wait for ever.
    let messages = thread::spawn(move || read(err, MAX_MESSAGES, false));
    thread::spawn(move || done.send(read(out, MAX_OUTPUT, true)));
    let printed = printed.recv_timeout(timeout);
    let status = match &printed {
        Ok(Ok(Some(_))) => {
            let left = timeout.saturating_sub(start.elapsed());
            wait(&mut child, left).map_err(cannot_run(program.clone()))?
        }
        _ => None,
    };
    let time = Seconds(start.elapsed().as_secs_f64());
    let Some(status) = status else {
        // It may have ended by now.
        let _ = child.kill();
        child.wait().map_err(cannot_run(program))?;
        let why = match printed {
            Ok(Ok(None)) => Failed::TooMuchOutput(MAX_OUTPUT >> 20),
            Ok(Err(error)) => Failed::Unreadable(error),
            Ok(Ok(Some(_))) | Err(_) => Failed::TooSlow(timeout),
        };
        return Ok(Run { output: Err(why), time });
    };
    let output = printed.ok().and_then(Result::ok).flatten().unwrap_or_default();
    let messages = messages.join().ok().and_then(Result::ok).flatten().unwrap_or_default();
    let output = if status.success() { Ok(output) } else { Err(Failed::Status(why(&messages, status))) };
    Ok(Run { output, time })
}

/// Waits for the end of a process that has closed its output, which is near.
fn wait(child: &mut std::process::Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > timeout {
            return Ok(None);
        }
        thread::sleep(Duration::from_micros(200));
    }
}

/// Reads to the end; of more than the limit, `None` if all of it is needed, else the beginning.
fn read(from: Option<impl Read>, limit: u64, needs_all: bool) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    let Some(mut from) = from else { return Ok(Some(text)) };
    from.by_ref().take(limit).read_to_end(&mut text)?;
    if text.len() as u64 == limit && from.by_ref().take(1).read(&mut [0])? > 0 {
        if needs_all {
            return Ok(None);
        }
        io::copy(&mut from, &mut io::sink())?;
    }
    Ok(Some(text))
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
    fn a_run_ends_with_its_time() {
        for script in ["exec sleep 100", "exec sleep 100 >&-"] {
            assert_eq!(shell(script, 1), Err("took more than 1 s".to_owned()), "{script}");
        }
    }

    #[test]
    fn much_output_is_read_and_endless_output_ends() {
        let much = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2", 60);
        assert_eq!(much.unwrap().len(), 3_000_000);
        let endless = shell("exec cat /dev/zero", 60);
        assert_eq!(endless, Err("printed more than 256 MiB".to_owned()));
    }
}
