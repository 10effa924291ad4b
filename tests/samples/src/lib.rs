//! Kustomizations and charts made up to a size, the same at every run, for benchmarks; and
//! repositories of git, for tests.

pub mod charts;
pub mod fleet;
pub mod git;
pub mod overlay;
