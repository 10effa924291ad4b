//! What the codec prints reads back as the same, and printing that again gives the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| oarlock_properties::codec::check(bytes));
