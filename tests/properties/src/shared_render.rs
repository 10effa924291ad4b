//! No entry of the shared cache makes reading it panic, and what is read is written down as the
//! same.
//!
//! The input is an entry, packed or not.

/// Checks one input.
pub fn check(bytes: &[u8]) {
    oarlock_server::fuzzing::shared_render(bytes);
}
