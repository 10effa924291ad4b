//! Components that users bring, compiled by a process of its own: this program again, with limits
//! on its time and memory.
//!
//! What compiling takes does not follow from a component's size, so it is bounded where the system
//! can bound it. The component goes in and the code comes out through files without a name, which
//! nobody else has.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, setrlimit};

use crate::exit::Exit;
use oarlock_engine::Bytes;
use oarlock_engine::sandbox::{CompileError, Compiler, Engine, KeepGoing, Limits, compile_for_another};

/// Statuses of the child: the component is invalid, memory ran out, or anything else.
const INVALID: i32 = 1;
const OUT_OF_MEMORY: i32 = 4;
const BROKEN: i32 = 5;

/// How often the child is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A child that waits for something else than the processor gets so many times its limit of
/// processor time.
const PATIENCE: u32 = 10;

/// The most threads that compile: each has a stack, and all share the limit on memory.
const MAX_THREADS: usize = 8;

/// How much of what the child says is read, in bytes.
const MESSAGE_BYTES: u64 = 16 << 10;

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

/// Hands the reason to the parent, which reads standard error. It prints nothing itself.
fn report(reason: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), reason.as_bytes());
}

/// The child. Its exit statuses are for its parent alone.
pub(super) fn run(args: &Args) -> Exit {
    let status = match compile(args) {
        Ok(()) => return Exit::Done,
        Err(CompileError::Memory(_)) => OUT_OF_MEMORY,
        Err(CompileError::Invalid(reason)) => {
            report(&reason);
            INVALID
        }
        Err(error) => {
            report(&error.to_string());
            BROKEN
        }
    };
    std::process::exit(status)
}

fn compile(args: &Args) -> Result<(), CompileError> {
    let broken = |error: io::Error| CompileError::Broken(error.to_string());
    limit(args).map_err(broken)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component).map_err(broken)?;
    let code = compile_for_another(&component)?;
    let mut out = io::stdout().lock();
    out.write_all(&code).and_then(|()| out.flush()).map_err(broken)
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
        let (output, messages) = (scratch()?, scratch()?);
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let child = Command::new(this_program()?)
            .arg("compile-component")
            .arg(format!("--seconds={}", self.seconds))
            .arg(format!("--memory={}", self.memory.0))
            .arg(format!("--parent={}", std::process::id()))
            .env_clear()
            .env("RAYON_NUM_THREADS", threads.min(MAX_THREADS).to_string())
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output.try_clone()?))
            .stderr(Stdio::from(messages.try_clone()?))
            .spawn()?;
        Ok((Running(child), output, messages))
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
        let (mut child, mut output, mut messages) = self.start(component).map_err(broken)?;
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
        if status.success() {
            let mut code = Vec::new();
            output.rewind().and_then(|()| output.read_to_end(&mut code)).map_err(broken)?;
            return Ok(code);
        }
        let mut message = Vec::new();
        let _ = messages.rewind().and_then(|()| messages.take(MESSAGE_BYTES).read_to_end(&mut message));
        Err(self.explain(status, String::from_utf8_lossy(&message).trim()))
    }
}

impl InChild {
    /// Why a child made no code.
    fn explain(self, status: ExitStatus, message: &str) -> CompileError {
        let is_signal = |signal: Signal| status.signal() == Some(signal.as_raw());
        // Where memory runs out in the middle of something, Rust's allocator and its threads end
        // the process.
        let ran_out = message.contains("memory allocation of")
            || message.contains("Cannot allocate memory")
            || message.contains("out of memory")
            || message.contains("Resource temporarily unavailable");
        match status.code() {
            Some(INVALID) => CompileError::Invalid(message.to_owned()),
            Some(OUT_OF_MEMORY) => CompileError::Memory(self.memory),
            _ if ran_out => CompileError::Memory(self.memory),
            _ if is_signal(Signal::XCPU) || is_signal(Signal::KILL) => CompileError::Time(self.seconds),
            // Too little for the program itself.
            _ if is_signal(Signal::SEGV) || is_signal(Signal::BUS) => CompileError::Memory(self.memory),
            _ if message.is_empty() => CompileError::Broken(format!("the compiler ended with {status}")),
            _ => CompileError::Broken(format!("the compiler ended with {status}: {message}")),
        }
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
