//! What files hold.

use std::borrow::Cow;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::text::lossy;

/// The content of a file, without a byte order mark. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Data(Kept);

#[derive(Clone, Debug)]
enum Kept {
    /// Most of a chart are templates and definitions, which are kept as they were read, and parsed
    /// from there.
    Text(Arc<String>),
    Bytes(Rc<[u8]>),
}

impl Data {
    /// The content of a file with this name.
    pub(crate) fn new(name: &str, mut data: Vec<u8>) -> Self {
        if let Some(rest) = data.strip_prefix(b"\xEF\xBB\xBF") {
            data = rest.to_vec();
        }
        if !name.contains("templates/") && !name.contains("crds/") {
            return Self(Kept::Bytes(data.into()));
        }
        Self(match String::from_utf8(data) {
            Ok(text) => Kept::Text(Arc::new(text)),
            Err(error) => Kept::Bytes(error.into_bytes().into()),
        })
    }

    /// The content as templates have it.
    pub(crate) fn bytes(&self) -> Rc<[u8]> {
        match &self.0 {
            Kept::Text(text) => text.as_bytes().into(),
            Kept::Bytes(bytes) => Rc::clone(bytes),
        }
    }

    /// The content as text, with U+FFFD for what is no UTF-8.
    pub(crate) fn as_text(&self) -> Cow<'_, str> {
        match &self.0 {
            Kept::Text(text) => Cow::Borrowed(text),
            Kept::Bytes(bytes) => lossy(bytes),
        }
    }

    /// As [`as_text`](Self::as_text), to be shared.
    pub(crate) fn text(&self) -> Arc<String> {
        match &self.0 {
            Kept::Text(text) => Arc::clone(text),
            Kept::Bytes(bytes) => Arc::new(lossy(bytes).into_owned()),
        }
    }
}

impl Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kept::Text(text) => text.as_bytes(),
            Kept::Bytes(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_kept_holds_the_same() {
        for (content, expected) in
            [(&b"a\xC3\xA9"[..], "a\u{E9}"), (b"\xEF\xBB\xBFa", "a"), (b"a\xFFb", "a\u{FFFD}b"), (b"", "")]
        {
            let [template, other] =
                ["charts/x/templates/a.yaml", "a.txt"].map(|name| Data::new(name, content.to_vec()));
            assert_eq!(*template, *other);
            assert_eq!(template.bytes(), other.bytes());
            assert_eq!((template.as_text(), other.as_text()), (expected.into(), expected.into()));
            assert_eq!((template.text().as_str(), other.text().as_str()), (expected, expected));
        }
    }
}
