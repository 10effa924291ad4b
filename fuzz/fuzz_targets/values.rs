//! No values file and no `--set` makes reading or merging panic, and what comes out keeps the laws
//! of merging.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| oarlock_properties::values::check(text));
