//! What holds for every input, however bad: one module for each target in `fuzz/`, which searches
//! for inputs that break it.
//!
//! The properties live here and not with the targets, because fuzzing needs a nightly compiler and
//! a workspace of its own. A test runs each of them over the seeds of its target.

// A property that does not hold panics; that is the point.
#![allow(clippy::missing_panics_doc)]

pub mod archive;
pub mod codec;
pub mod hpack;
pub mod http2;
pub mod kustomization;
pub mod project;
pub mod shared_render;
pub mod strategic_merge;
pub mod template;
pub mod values;

mod files;
