//! No strategic merge or JSON patch makes the merge panic, and what comes out can be patched with
//! nothing and stays the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| oarlock_properties::strategic_merge::check(text));
