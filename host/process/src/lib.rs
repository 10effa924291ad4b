//! Runs a program within limits of time and output: a tool of the user's, or a credential helper.
//!
//! [`run`] starts a [`Command`], hands it its input, reads what it prints on both streams at once,
//! and ends it where it goes over one of the [`Limits`].
//!
//! By hand, since the standard library waits for ever and keeps everything, and a crate that does
//! not would be more to review than these lines.

// A program that uses this library decides what is printed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How much of a program's messages is kept, in bytes: their beginning.
const MAX_MESSAGES: u64 = 64 << 10;

/// How often a program that has closed its output is looked at: its end is near, so often at first.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(5));

/// How much a program may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long it may take until it has ended and closed its output.
    pub time: Duration,
    /// The most bytes that it may print on standard output.
    pub output: u64,
    /// What is ended where it takes more.
    pub ends: Ends,
}

/// What is ended where a program goes over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// The program alone. It stays in the process group of this program, so that an interrupt from
    /// the terminal reaches both.
    Program,
    /// The program with all that it started: it has a process group of its own, which no interrupt
    /// from the terminal reaches.
    Group,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// All of its standard output.
    pub output: Vec<u8>,
    /// The beginning of its standard error; empty if that cannot be read.
    pub messages: Vec<u8>,
}

/// Why a program did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It cannot be started.
    #[error("cannot be started: {0}")]
    Start(#[source] io::Error),
    /// The system does not say how it ended.
    #[error("cannot be waited for: {0}")]
    Wait(#[source] io::Error),
    /// Its output cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It printed more than so many bytes.
    #[error("printed more than {0} bytes")]
    TooMuchOutput(u64),
    /// It took longer.
    #[error("took more than {} s", .0.as_secs_f64())]
    TooSlow(Duration),
}

/// Runs a program to its end, or to that of its limits. Without input, its standard input is empty.
///
/// # Errors
/// If it cannot be run, or goes over a limit. Another exit status than 0 is no error.
pub fn run(command: &mut Command, input: Option<&[u8]>, limits: &Limits) -> Result<Ended, RunError> {
    let start = Instant::now();
    let left = || limits.time.saturating_sub(start.elapsed());
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if limits.ends == Ends::Group {
        command.process_group(0);
    }
    let child = command.spawn().map_err(RunError::Start)?;
    let mut running = Running { child, ends: limits.ends, has_ended: false };
    if let (Some(mut stdin), Some(input)) = (running.child.stdin.take(), input) {
        let input = input.to_vec();
        // A program that ends without reading says why.
        thread::spawn(move || stdin.write_all(&input));
    }
    // Both are read to their ends, or a program that prints much would wait for ever.
    let most = limits.output;
    let output = reading(running.child.stdout.take(), move |from| whole(from, most));
    let messages = reading(running.child.stderr.take(), beginning);
    let too_slow = |_| RunError::TooSlow(limits.time);
    let output = output.recv_timeout(left()).map_err(too_slow)?;
    let output = output.map_err(RunError::Unreadable)?.ok_or(RunError::TooMuchOutput(most))?;
    let messages = messages.recv_timeout(left()).map_err(too_slow)?.unwrap_or_default();
    let (mut pause, longest) = LOOK_AGAIN;
    loop {
        if let Some(status) = running.child.try_wait().map_err(RunError::Wait)? {
            running.has_ended = true;
            return Ok(Ended { status, output, messages });
        }
        if left().is_zero() {
            return Err(RunError::TooSlow(limits.time));
        }
        thread::sleep(pause.min(left()));
        pause = longest.min(pause * 2);
    }
}

/// A process that is ended where nobody waits for it any more.
struct Running {
    child: Child,
    ends: Ends,
    /// Whether its end was seen. After that its number may be another's.
    has_ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // What cannot be ended has ended by itself.
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group.filter(|_| self.ends == Ends::Group) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads on a thread of its own. Nobody waits for it after the time is over.
fn reading<F: Read + Send + 'static, T: Send + 'static>(
    from: Option<F>,
    read: impl FnOnce(Option<F>) -> T + Send + 'static,
) -> Receiver<T> {
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(read(from)));
    result
}

/// All that is printed, as soon as there is no more; `None` of what is too much.
fn whole(from: Option<impl Read>, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    let Some(from) = from else { return Ok(Some(text)) };
    from.take(most.saturating_add(1)).read_to_end(&mut text)?;
    Ok((text.len() as u64 <= most).then_some(text))
}

/// The beginning of what is printed, as soon as there is no more.
fn beginning(from: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let Some(mut from) = from else { return Ok(text) };
    from.by_ref().take(MAX_MESSAGES).read_to_end(&mut text)?;
    io::copy(&mut from, &mut io::sink())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, input: Option<&[u8]>, limits: &Limits) -> Result<Ended, RunError> {
        run(Command::new("sh").args(["-c", script]), input, limits)
    }

    const LIMITS: Limits = Limits { time: Duration::from_mins(1), output: 4 << 20, ends: Ends::Program };

    #[test]
    fn a_program_that_ends_has_a_status_and_what_it_printed() {
        for ends in [Ends::Program, Ends::Group] {
            let ended = shell("echo out; echo no >&2; exit 3", None, &Limits { ends, ..LIMITS }).unwrap();
            assert_eq!(ended.status.code(), Some(3));
            assert_eq!((ended.output.as_slice(), ended.messages.as_slice()), (&b"out\n"[..], &b"no\n"[..]));
        }
        let absent = run(&mut Command::new("/no/such/program"), None, &LIMITS);
        assert!(matches!(absent, Err(RunError::Start(error)) if error.kind() == io::ErrorKind::NotFound));
    }

    #[test]
    fn input_is_handed_over_and_need_not_be_read() {
        let much = vec![b'a'; 1 << 20];
        assert_eq!(shell("cat", Some(&much), &LIMITS).unwrap().output, much);
        assert_eq!(shell("cat", None, &LIMITS).unwrap().output, b"");
        assert!(shell("exit 0", Some(&much), &LIMITS).unwrap().status.success());
        let short = Limits { time: Duration::from_millis(500), ..LIMITS };
        assert!(matches!(shell("exec sleep 100", Some(&much), &short), Err(RunError::TooSlow(_))));
    }

    #[test]
    fn a_program_ends_with_its_time() {
        let limits = Limits { time: Duration::from_secs(1), ..LIMITS };
        for script in ["exec sleep 100", "exec sleep 100 >&-", "exec sleep 100 >&- 2>&-"] {
            let error = shell(script, None, &limits).unwrap_err();
            assert_eq!(error.to_string(), "took more than 1 s", "{script}");
        }
    }

    #[test]
    fn much_output_is_read_and_endless_output_ends() {
        let much = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2", None, &LIMITS).unwrap();
        assert_eq!((much.output.len(), much.messages.len()), (3_000_000, 64 << 10));
        let exactly = Limits { output: 3, ..LIMITS };
        assert_eq!(shell("printf abc", None, &exactly).unwrap().output, b"abc");
        assert!(matches!(shell("printf abcd", None, &exactly), Err(RunError::TooMuchOutput(3))));
        assert!(matches!(shell("exec cat /dev/zero", None, &LIMITS), Err(RunError::TooMuchOutput(_))));
    }

    #[test]
    fn a_group_ends_with_all_that_the_program_started() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pid");
        let script = format!("sleep 600 & echo $! > '{}'; wait", file.display());
        let limits = Limits { time: Duration::from_millis(500), ends: Ends::Group, ..LIMITS };
        assert!(matches!(shell(&script, None, &limits), Err(RunError::TooSlow(_))));
        let pid = std::fs::read_to_string(file).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        let is_gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
            rustix::process::test_kill_process(pid).is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
        };
        let begun = Instant::now();
        while !is_gone() {
            assert!(begun.elapsed() < Duration::from_mins(1), "it goes on");
            thread::sleep(LOOK_AGAIN.1);
        }
    }
}
