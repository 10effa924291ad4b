//! No block of compressed headers makes the decoder panic, and its laws hold.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| oarlock_properties::hpack::check(bytes));
