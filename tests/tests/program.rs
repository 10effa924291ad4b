//! Tests that run the real binary, or the library with components in the sandbox: one module for each matter.
//!
//! They are one test binary, so that the host is linked once. `cargo test --workspace --test program serve::` runs one module.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

mod argocd;
mod bad_input;
mod cache;
mod cli;
mod compile;
mod components;
mod conformance;
mod counts;
mod deploy;
mod doctor;
mod example;
mod exec;
mod facts;
mod fleet;
mod hostile;
mod keys;
mod mistakes;
mod operator;
mod out;
mod output;
mod ownership;
mod precompiled;
mod render_cache;
mod repo_server;
mod reports;
mod seeds;
mod serve;
mod toolchains;
mod vendor;
mod vendor_charts;
