//! Plugins that are made for the tests.

use std::path::Path;

/// Misbehaves in whichever way its configuration asks for.
pub const HOSTILE: &[u8] = include_bytes!(env!("GUEST_HOSTILE"));

/// Imports WASI, as plugins of other toolchains do, and tells what it got.
pub const SEALED: &[u8] = include_bytes!(env!("GUEST_SEALED"));

/// The smallest plugin, of `examples/plugins`.
pub const HELLO: &[u8] = include_bytes!(env!("GUEST_HELLO"));

/// `hostile` as a file, for the command line.
pub fn hostile() -> &'static Path {
    Path::new(env!("GUEST_HOSTILE"))
}

/// `hello` as a file, for the command line.
pub fn hello() -> &'static Path {
    Path::new(env!("GUEST_HELLO"))
}
