//! How messages of `time` quote.

use std::fmt::Write as _;

/// A text in quotes: what is not printable ASCII byte by byte.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..=b'\x7f' => out.push(char::from(*byte)),
            // Writing to a string never fails.
            other => drop(write!(out, "\\x{other:02x}")),
        }
    }
    out.push('"');
    out
}
