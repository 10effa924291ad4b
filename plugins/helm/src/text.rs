//! Bytes as text.

use std::borrow::Cow;

/// Text of bytes, with U+FFFD for what is no UTF-8. Most files are UTF-8, which is checked many
/// bytes at a time; the standard library's function looks at each.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_standard_library_makes_of_it() {
        for bytes in [b"" as &[u8], b"a\xC3\xA9", b"a\xFFb", b"\xE2\x80", b"\xF0\x9F\x98\x80\xC3"] {
            assert_eq!(lossy(bytes), String::from_utf8_lossy(bytes), "{bytes:?}");
        }
    }
}
