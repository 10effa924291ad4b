//! No `oarlock.yaml` makes reading or merging panic, two readings agree, and a mistake is reported
//! with a place in a file that is there.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| oarlock_properties::project::check(text));
