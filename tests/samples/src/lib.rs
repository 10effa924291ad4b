//! Kustomizations and charts made up to a size, the same at every run: what the benchmarks and the
//! [counts](../../cases/counts.json) measure.

pub mod charts;
pub mod overlay;
