//! No archive makes unpacking panic, it does not matter where the pieces end in which it arrives,
//! and what is unpacked can be read by the rules of a tree.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| oarlock_properties::archive::check(bytes));
