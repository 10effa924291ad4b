//! Who compiles the components that users bring.
//!
//! Compiling takes time and memory by the component's size and shape, so a component can be made to
//! take far more than its size suggests. The program has them compiled by a process of its own with
//! limits; a program that only has this library compiles them itself.

use super::engine::{Engine, Workload};

/// Asked every now and then whether to go on; `false` ends the work.
pub type KeepGoing<'a> = &'a dyn Fn() -> bool;

/// Compiles components that are not part of the program.
pub trait Compiler: Send + Sync {
    /// Compiles a component to code for an engine.
    ///
    /// # Errors
    /// If it is no valid component, a limit is reached, or the work is ended.
    fn compile(
        &self,
        engine: &Engine,
        component: &[u8],
        keep_going: KeepGoing<'_>,
    ) -> Result<Vec<u8>, CompileError>;
}

/// Why there is no compiled code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The component itself is invalid.
    #[error("{0}")]
    Invalid(String),
    /// It takes more processor time than it may: this many seconds.
    #[error("more than {0} s of processor time")]
    Time(u32),
    /// It takes more memory than it may: this many bytes.
    #[error("more than {0} of memory")]
    Memory(oarlock_model::Bytes),
    /// Nobody waits for it any more.
    #[error("interrupted")]
    Interrupted,
    /// The compiler could not do its work.
    #[error("{0}")]
    Broken(String),
}

/// Compiles in this process, without limits.
#[derive(Clone, Copy, Debug)]
pub struct InProcess;

impl Compiler for InProcess {
    fn compile(&self, engine: &Engine, component: &[u8], _: KeepGoing<'_>) -> Result<Vec<u8>, CompileError> {
        engine.compile(component).map_err(|error| error_of(&error))
    }
}

/// Compiles a component for a process that asks for it, whatever its workload is.
///
/// # Errors
/// If it is no valid component, or memory runs out.
pub fn compile_for_another(component: &[u8]) -> Result<Vec<u8>, CompileError> {
    let engine = Engine::new(Workload::Few).map_err(|error| CompileError::Broken(error.to_string()))?;
    InProcess.compile(&engine, component, &|| true)
}

fn error_of(error: &wasmtime::Error) -> CompileError {
    let is_out_of_memory = error.chain().any(|cause| {
        let error = cause.downcast_ref::<std::io::Error>();
        error.is_some_and(|error| error.kind() == std::io::ErrorKind::OutOfMemory)
            || cause.downcast_ref() == Some(&rustix::io::Errno::NOMEM)
    });
    if is_out_of_memory {
        // The parent, which set the limit, knows how much it was.
        return CompileError::Memory(oarlock_model::Bytes(0));
    }
    CompileError::Invalid(format!("{error:#}"))
}
