//! No entry of the shared cache makes reading it panic, and what is read is written down as the
//! same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| oarlock_properties::shared_render::check(bytes));
