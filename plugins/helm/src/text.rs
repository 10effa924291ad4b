//! Bytes as text.

use std::borrow::Cow;
use std::sync::Arc;

use oarlock_go_template::Bytes;

/// Text of bytes, with U+FFFD for what is no UTF-8. Most files are UTF-8, which is checked many
/// bytes at a time; the standard library's function looks at each.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Text of a file's content, likewise.
pub(crate) fn text_of(data: &Bytes) -> Cow<'_, str> {
    data.text().map_or_else(|| lossy(data), |text| Cow::Borrowed(text))
}

/// As [`text_of`], to be shared.
pub(crate) fn shared_text(data: &Bytes) -> Arc<String> {
    data.text().map_or_else(|| Arc::new(lossy(data).into_owned()), Arc::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_standard_library_makes_of_it() {
        for bytes in [b"" as &[u8], b"a\xC3\xA9", b"a\xFFb", b"\xE2\x80", b"\xF0\x9F\x98\x80\xC3"] {
            let expected = String::from_utf8_lossy(bytes);
            assert_eq!(lossy(bytes), expected, "{bytes:?}");
            for data in [Bytes::from(bytes), Bytes::from(bytes.to_vec())] {
                assert_eq!(text_of(&data), expected, "{bytes:?}");
                assert_eq!(*shared_text(&data), expected, "{bytes:?}");
            }
        }
    }
}
