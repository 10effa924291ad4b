//! Components that users bring, compiled by a process of its own: this program again, with limits
//! on its time and memory.
//!
//! What compiling takes does not follow from a component's size, so it is bounded where the system
//! can bound it. The component goes in and the answer comes out, an [`Answer`] with the code,
//! through files without a name, which nobody else has.

mod answer;

use std::error::Error as _;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, setrlimit};

use self::answer::{Answer, reason};
use crate::exit::Exit;
use oarlock_engine::Bytes;
use oarlock_engine::sandbox::{CompileError, Compiler, Engine, KeepGoing, Limits, compile_for_another};

/// How often the child is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A child that waits for something else than the processor gets so many times its limit of
/// processor time.
const PATIENCE: u32 = 10;

/// The most threads that compile: each has a stack, and all share the limit on memory.
const MAX_THREADS: usize = 8;

/// How much of standard error is read of a child that ended without an answer, in bytes.
const STDERR_BYTES: u64 = 16 << 10;

/// Compiles a component for another process of this program: from standard input to standard
/// output.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Processor time, in seconds.
    #[arg(long)]
    seconds: u32,

    /// Address space, in bytes.
    #[arg(long)]
    memory: u64,

    /// The process that waits for the code.
    #[arg(long)]
    parent: u32,
}

/// The child. What it says is for its parent alone.
pub(super) fn run(args: &Args) -> Exit {
    // A panic ends the process in a release, and is an answer all the same.
    std::panic::set_hook(Box::new(|panic| {
        give(&Answer::Broken { reason: reason(panic.to_string()) }, &[]);
        std::process::exit(0);
    }));
    match compile(args) {
        Ok(code) => give(&Answer::Compiled { bytes: code.len() as u64 }, &code),
        Err(CompileError::Memory(_)) => give(&Answer::OutOfMemory, &[]),
        Err(CompileError::Invalid(text)) => give(&Answer::Invalid { reason: reason(text) }, &[]),
        Err(error) => give(&Answer::Broken { reason: reason(error.to_string()) }, &[]),
    }
    Exit::Done
}

/// Answers the parent. If that fails, the answer is not whole, which the parent sees.
fn give(answer: &Answer, code: &[u8]) {
    let _ = answer.write(code, &mut io::stdout().lock());
}

fn compile(args: &Args) -> Result<Vec<u8>, CompileError> {
    let broken = |error: io::Error| CompileError::Broken(error.to_string());
    limit(args).map_err(broken)?;
    start_threads()?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component).map_err(broken)?;
    compile_for_another(&component)
}

/// Starts the threads that compile, so that it is known if there is no room for them.
fn start_threads() -> Result<(), CompileError> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let started = rayon::ThreadPoolBuilder::new().num_threads(threads.min(MAX_THREADS)).build_global();
    started.map_err(|error| {
        let kind = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
        match kind {
            // What the system says if there is no room for a stack.
            Some(io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory) => CompileError::Memory(Bytes(0)),
            _ => CompileError::Broken(error.to_string()),
        }
    })
}

/// Sets the limits of this process, before it looks at the component.
fn limit(args: &Args) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // It may have ended before, and then sends no signal.
        let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().get().unsigned_abs());
        if parent != Some(args.parent) {
            return Err(io::Error::other("the process that waits for the code has ended"));
        }
    }
    let set = |resource, current: u64, maximum: u64| {
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
    };
    set(Resource::Core, 0, 0)?;
    set(Resource::Cpu, args.seconds.into(), u64::from(args.seconds) + 1)?;
    set(Resource::As, args.memory, args.memory)?;
    Ok(())
}

/// Has components compiled by a child with limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct InChild {
    seconds: u32,
    memory: Bytes,
}

impl InChild {
    /// With the operator's limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self { seconds: limits.compile_seconds, memory: limits.compile_memory }
    }

    fn start(self, component: &[u8]) -> io::Result<(Running, File, File)> {
        let mut input = scratch()?;
        input.write_all(component)?;
        input.rewind()?;
        let (output, stderr) = (scratch()?, scratch()?);
        let child = Command::new(this_program()?)
            .arg("compile-component")
            .arg(format!("--seconds={}", self.seconds))
            .arg(format!("--memory={}", self.memory.0))
            .arg(format!("--parent={}", std::process::id()))
            .env_clear()
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output.try_clone()?))
            .stderr(Stdio::from(stderr.try_clone()?))
            .spawn()?;
        Ok((Running(child), output, stderr))
    }
}

impl Compiler for InChild {
    fn compile(
        &self,
        _: &Engine,
        component: &[u8],
        keep_going: KeepGoing<'_>,
    ) -> Result<Vec<u8>, CompileError> {
        let broken = |error: io::Error| CompileError::Broken(error.to_string());
        let (mut child, mut output, mut stderr) = self.start(component).map_err(broken)?;
        let until = Instant::now() + Duration::from_secs(u64::from(self.seconds) + 1) * PATIENCE;
        let status = loop {
            if let Some(status) = child.0.try_wait().map_err(broken)? {
                break status;
            }
            if !keep_going() {
                return Err(CompileError::Interrupted);
            }
            if Instant::now() >= until {
                return Err(CompileError::Time(self.seconds));
            }
            std::thread::sleep(LOOK_EVERY);
        };
        output.rewind().map_err(broken)?;
        match Answer::read(output).map_err(broken)? {
            Some((Answer::Compiled { .. }, code)) => Ok(code),
            Some((Answer::Invalid { reason }, _)) => Err(CompileError::Invalid(reason)),
            Some((Answer::OutOfMemory, _)) => Err(CompileError::Memory(self.memory)),
            Some((Answer::Broken { reason }, _)) => Err(CompileError::Broken(reason)),
            None => {
                let mut text = Vec::new();
                let read = stderr.rewind();
                let _ = read.and_then(|()| stderr.take(STDERR_BYTES).read_to_end(&mut text));
                Err(self.unanswered(status, String::from_utf8_lossy(&text).trim()))
            }
        }
    }
}

impl InChild {
    /// Why a child ended before it answered: a limit of the system, which ends it by a signal.
    fn unanswered(self, status: ExitStatus, stderr: &str) -> CompileError {
        let is = |signals: &[Signal]| signals.iter().any(|signal| status.signal() == Some(signal.as_raw()));
        if is(&[Signal::XCPU, Signal::KILL]) {
            return CompileError::Time(self.seconds);
        }
        // Rust's allocator aborts where memory runs out in the middle of something, and where there
        // is too little for the program itself it does not come so far.
        if is(&[Signal::ABORT, Signal::SEGV, Signal::BUS]) {
            return CompileError::Memory(self.memory);
        }
        let words = if stderr.is_empty() { String::new() } else { format!(": {stderr}") };
        CompileError::Broken(format!("the compiler ended with {status}{words}"))
    }
}

/// A child that does not outlive the interest in it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended and was waited for, which is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A file without a name, in memory where the system can: there may be nowhere to write one.
fn scratch() -> io::Result<File> {
    #[cfg(target_os = "linux")]
    if let Ok(file) = rustix::fs::memfd_create("oarlock", rustix::fs::MemfdFlags::CLOEXEC) {
        return Ok(file.into());
    }
    tempfile::tempfile()
}

/// This program, even if another version has taken its place on disk since it was started.
fn this_program() -> io::Result<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() { Ok(running) } else { std::env::current_exe() }
}
