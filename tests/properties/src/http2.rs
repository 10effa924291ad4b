//! No bytes of a client make the rewriter of HTTP/2 panic, and its laws hold.
//!
//! The input is what follows the preface of a connection.

/// Checks one input.
pub fn check(bytes: &[u8]) {
    oarlock_server::fuzzing::http2(bytes);
}
