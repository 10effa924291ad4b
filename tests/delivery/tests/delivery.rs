//! Tests of what surrounds the binary, one module for each matter. None of them links the host.

// What cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

mod comment;
mod recipes;
mod workflows;
