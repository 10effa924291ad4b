//! Memory that is not worth giving back.

/// Leaves a value where it is. In a sandbox all memory goes as a whole when the call ends, and to
/// take large trees apart before that costs a tenth of a render; elsewhere the value is dropped.
pub(crate) fn abandon<T>(value: T) {
    if cfg!(target_family = "wasm") {
        std::mem::forget(value);
    }
}
