//! Go's slices of bytes.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

/// A `[]uint8` that nobody changes. Cloning shares it.
#[derive(Clone)]
pub struct Bytes(Repr);

#[derive(Clone)]
enum Repr {
    /// Known to be UTF-8, and kept so that a template can be parsed where it lies.
    Text(Arc<String>),
    Other(Rc<[u8]>),
}

impl Bytes {
    /// The text, where the bytes are known to be UTF-8.
    pub fn text(&self) -> Option<&Arc<String>> {
        match &self.0 {
            Repr::Text(text) => Some(text),
            Repr::Other(_) => None,
        }
    }
}

impl From<Vec<u8>> for Bytes {
    /// Bytes that are UTF-8 are not copied.
    fn from(bytes: Vec<u8>) -> Self {
        Self(match String::from_utf8(bytes) {
            Ok(text) => Repr::Text(Arc::new(text)),
            Err(error) => Repr::Other(error.into_bytes().into()),
        })
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(Repr::Other(bytes.into()))
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::from(&[][..])
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Text(text) => text.as_bytes(),
            Repr::Other(bytes) => bytes,
        }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_the_same_however_they_are_kept() {
        for (bytes, is_text) in [(&b"a\xC3\xA9"[..], true), (b"a\xFFb", false), (b"", true)] {
            let [kept, copied] = [Bytes::from(bytes.to_vec()), Bytes::from(bytes)];
            assert_eq!(kept, copied);
            assert_eq!((&*kept, kept.text().is_some()), (bytes, is_text));
            assert_eq!((&*copied, copied.text()), (bytes, None));
        }
    }
}
