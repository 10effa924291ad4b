//! Kustomizations and charts made up to a size, the same at every run, for benchmarks; repositories
//! of git, for tests; and where the conformance corpora are.

pub mod charts;
mod conformance;
pub mod fleet;
pub mod git;
pub mod overlay;

pub use conformance::{CONFORMANCE, conformance, visibly};
