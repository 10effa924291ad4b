//! Image references: `[[host[:port]/]component/]component[:tag][@digest]`.

use std::borrow::Cow;
use std::fmt;

use oarlock_go::Release;
use oarlock_go::regexp::Regexp;
use oarlock_plugin::{Failure, Result};

/// A reference in its parts; tag and digest are empty where they are absent.
pub(crate) struct Reference<'a> {
    pub(crate) name: &'a str,
    pub(crate) tag: Cow<'a, str>,
    pub(crate) digest: &'a str,
}

impl<'a> Reference<'a> {
    /// Takes a reference apart. A colon before the first slash belongs to the host.
    pub(crate) fn parse(text: &'a str) -> Self {
        let host = text.find('/').unwrap_or_default();
        let (rest, digest) = match text[host..].find('@') {
            Some(at) => (&text[..host + at], &text[host + at + 1..]),
            None => (text, ""),
        };
        let (name, tag) = match rest[host..].find(':') {
            Some(colon) => (&rest[..host + colon], &rest[host + colon + 1..]),
            None => (rest, ""),
        };
        Self { name, tag: tag.into(), digest }
    }
}

impl fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if !self.tag.is_empty() {
            write!(f, ":{}", self.tag)?;
        }
        if !self.digest.is_empty() {
            write!(f, "@{}", self.digest)?;
        }
        Ok(())
    }
}

/// Whether a reference has the wanted name.
///
/// kustomize makes a regular expression of the name as it stands, so that the dots of a host match
/// any character.
pub(super) enum Matcher {
    /// Letters, digits and signs without a meaning of their own; a dot is any character.
    Plain(String),
    Regex(Regexp),
}

impl Matcher {
    /// Reads a name.
    ///
    /// # Errors
    /// If it is not a regular expression.
    pub(super) fn new(name: &str) -> Result<Self> {
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte)) {
            return Ok(Self::Plain(name.to_owned()));
        }
        let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
        Regexp::new(&pattern, Release::default()).map(Self::Regex).map_err(|error| {
            Failure::new(format!("`images`: the name `{name}` is not a regular expression"))
                .hint(
                    "names are regular expressions: put a backslash before brackets, plus and question marks",
                )
                .note(error)
        })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Plain(name) => after_name(name, text).is_some_and(is_tag_and_digest),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// What follows the name in a text that starts with it.
fn after_name<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    let mut found = text.chars();
    for wanted in name.chars() {
        let next = found.next()?;
        if next != wanted && (wanted != '.' || next == '\n') {
            return None;
        }
    }
    Some(found.as_str())
}

/// Tags and digests may have braces, which some tools use for templates.
fn is_tag_and_digest(text: &str) -> bool {
    let skip = |text: &str| {
        text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_.{}-".contains(c)).len()
    };
    let rest = match text.strip_prefix(':') {
        Some(tag) => &tag[tag.len() - skip(tag)..],
        None => text,
    };
    rest.is_empty() || rest.strip_prefix("@sha256:").is_some_and(|digest| skip(digest) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_parts() {
        let cases = [
            ("nginx", ("nginx", "", "")),
            ("nginx:1.2", ("nginx", "1.2", "")),
            ("nginx@sha256:ab", ("nginx", "", "sha256:ab")),
            ("nginx:1@sha256:ab", ("nginx", "1", "sha256:ab")),
            ("host:5000/a/nginx", ("host:5000/a/nginx", "", "")),
            ("host:5000/a/nginx:1", ("host:5000/a/nginx", "1", "")),
            ("host:5000/nginx@sha256:ab", ("host:5000/nginx", "", "sha256:ab")),
        ];
        for (text, parts) in cases {
            let found = Reference::parse(text);
            assert_eq!((found.name, found.tag.as_ref(), found.digest), parts, "{text}");
            assert_eq!(found.to_string(), text);
        }
    }

    #[test]
    fn names_match_whole_references() {
        let cases = [
            ("nginx", "nginx", true),
            ("nginx", "nginx:", true),
            ("nginx", "nginx:{tag}", true),
            ("nginx", "nginx:1@sha256:ab", true),
            ("nginx", "nginx@md5:ab", false),
            ("nginx", "my/nginx", false),
            ("nginx", "nginx:1/2", false),
            ("gcr.io/a", "gcr.io/a:1", true),
            ("gcr.io/a", "gcrxio/a:1", true),
            ("ngin[xy]", "nginy:1", true),
            (".*", "host:5000/a:1@sha256:ab", true),
        ];
        for (name, text, expected) in cases {
            assert_eq!(Matcher::new(name).unwrap().matches(text), expected, "{name} {text}");
        }
    }

    #[test]
    fn the_short_way_agrees_with_the_regular_expression() {
        let names = ["nginx", "gcr.io/a", "a:1", "", "a.b"];
        let texts = [
            "nginx",
            "nginx:1",
            "a:1",
            "a:1:2",
            "a:1@sha256:x",
            "gcr.io/a",
            "",
            ":1",
            "@sha256:1",
            "a\nb",
            "a.b:x y",
        ];
        for name in names {
            let regex = Matcher::new(&format!("(?:){name}")).unwrap();
            let plain = Matcher::new(name).unwrap();
            for text in texts {
                assert_eq!(plain.matches(text), regex.matches(text), "{name} {text}");
            }
        }
    }
}
