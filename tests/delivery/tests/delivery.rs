//! Tests of what surrounds the binary, one module for each matter. None of them links the host.

// What cannot be set up should fail right there.
#![allow(clippy::unwrap_used)]

mod comment;
mod monitoring;
mod packages;
mod recipes;
mod release;
mod workflows;

use oarlock_delivery::text;
use oarlock_yaml::{Limits, Reader, parse_one, to_json};
use serde_json::Value;

/// A file of the repository as JSON.
fn yaml(path: &str) -> Value {
    let node = parse_one(text(path).as_bytes(), Reader::ArgoCd, Limits::default()).unwrap().unwrap();
    serde_json::from_str(&to_json(&node).unwrap()).unwrap()
}
