//! Native code of the bundled plugins, compiled ahead of time.
//!
//! The table is empty after a plain `cargo build`; the program then compiles a plugin when it is
//! first used. `cargo xtask build` fills it.

/// The code of the bundled plugins, as far as the program was built with it: the SHA-256 of each
/// component, in lower-case hexadecimal, and what wasmtime's compiler made of it.
pub static PRECOMPILED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/precompiled.rs"));

/// Bytes at the start of a page, so that code in them can be run where it lies.
#[allow(dead_code, reason = "the table may be empty")]
#[repr(C, align(4096))]
struct Pages<T>(T);
