//! No block of compressed headers makes the decoder panic, and its laws hold.
//!
//! The input is two blocks, one after the other; its first byte says where the second begins.

/// Checks one input.
pub fn check(bytes: &[u8]) {
    oarlock_server::fuzzing::hpack(bytes);
}
