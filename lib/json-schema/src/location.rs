//! Where schemas are: URLs with fragments, and JSON pointers.

use oarlock_go::strconv::quote;

use oarlock_go::url::{Part, Url, escape, unescape};

/// A schema: the URL of its document, and the JSON pointer to it, tokens escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) pointer: String,
}

impl Place {
    /// A place below this one.
    pub(crate) fn child(&self, tokens: &[&str]) -> Self {
        let mut pointer = self.pointer.clone();
        for token in tokens {
            pointer.push('/');
            pointer.push_str(&escaped(token));
        }
        Self { url: self.url.clone(), pointer }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.url, encoded(&self.pointer))
    }
}

/// A token of a JSON pointer.
pub(crate) fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// What a token of a JSON pointer stands for; none for a tilde that escapes nothing.
pub(crate) fn unescaped(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        out.push(match part.as_bytes().first()? {
            b'0' => '~',
            b'1' => '/',
            _ => return None,
        });
        out.push_str(&part[1..]);
    }
    Some(out)
}

/// A fragment as URLs have it, slashes left alone.
pub(crate) fn encoded(fragment: &str) -> String {
    let tokens = fragment.split('/').map(|token| escape(token.as_bytes(), Part::PathSegment));
    tokens.collect::<Vec<_>>().join("/")
}

/// A URL and its fragment, unescaped.
pub(crate) fn split(text: &str) -> Result<(&str, String), String> {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    let fragment = unescape(fragment.as_bytes(), Part::PathSegment)
        .map_err(|error| format!("error in parsing {}: {error}", quote(text.as_bytes())))?;
    Ok((url, String::from_utf8_lossy(&fragment).into_owned()))
}

/// What a reference within the document at a URL means: a URL and a fragment.
pub(crate) fn join(base: &str, reference: &str) -> Result<(String, String), String> {
    let parse = |text: &str| {
        Url::parse(text.as_bytes()).map_err(|error| {
            let shown = quote(text.as_bytes());
            format!("error in parsing {shown}: parse {shown}: {error}")
        })
    };
    let base = parse(base)?;
    let (reference, fragment) = split(reference)?;
    let reference = parse(reference)?;
    let mut resolved = base.resolve(&reference);
    if reference.scheme.is_empty() && !base.opaque.is_empty() {
        resolved.opaque = base.opaque;
    }
    Ok((resolved.to_text(), fragment))
}
