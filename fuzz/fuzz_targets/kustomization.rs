//! No kustomization makes the loader or a build panic, and two builds of one give the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| oarlock_properties::kustomization::check(text));
