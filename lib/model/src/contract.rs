//! Which version of the contract a component was built against.

/// The version of the WIT package `oarlock:plugin` that host and SDK of this release speak.
pub const CONTRACT_VERSION: &str = "0.1.3";

/// Name of the custom section in which a component carries [`CONTRACT_VERSION`] as text. The host
/// reads it before it compiles anything, so that a component from another age is refused by a
/// sentence and not by a linker.
pub const CONTRACT_SECTION: &str = "oarlock:contract";
