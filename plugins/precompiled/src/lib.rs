//! Native code of the bundled plugins, compiled ahead of time.
//!
//! The table is empty after a plain `cargo build`; the program then compiles a plugin when it is
//! first used. `cargo xtask build` fills it.

/// Native code of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precompiled {
    /// SHA-256 of the component, lower-case hexadecimal.
    pub digest: &'static str,
    /// What wasmtime's compiler made of it.
    pub code: &'static [u8],
}

/// The code of the bundled plugins, as far as the program was built with it.
pub const PRECOMPILED: &[Precompiled] = include!(concat!(env!("OUT_DIR"), "/precompiled.rs"));
