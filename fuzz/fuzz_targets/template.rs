//! No text makes the template parser or an execution panic, and two executions of one give the same
//! text or the same message.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| oarlock_properties::template::check(text));
