//! No bytes of a client make the rewriter of HTTP/2 panic, and its laws hold.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| oarlock_properties::http2::check(bytes));
