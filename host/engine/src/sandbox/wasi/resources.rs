//! What handles of a plugin stand for. The bindings re-export these types, hence `pub`.
#![allow(unreachable_pub)]

/// A resource that no plugin is given.
pub enum Never {}

/// Standard input, which is at its end.
pub struct Input;

/// A stream of the console.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Something to wait for.
#[derive(Clone, Copy)]
pub enum Wait {
    /// A stream: always ready.
    Stream,
    /// The time, in nanoseconds of the clock of the call.
    Until(u64),
}

/// A network on which everything is denied.
pub struct Network;
