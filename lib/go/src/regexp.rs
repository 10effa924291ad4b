//! Go's `regexp`: its syntax, its replacement texts, and its messages, by way of the `regex` crate.

mod class;
mod escape;
mod expand;
mod translate;

use regex::{Captures, RegexBuilder};

use crate::release::Release;

/// What a compiled expression may take, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// A regular expression. It is also the [`regex::Regex`] that it was translated to, whose groups
/// have no names.
#[derive(Clone, Debug)]
pub struct Regexp {
    regex: regex::Regex,
    names: Vec<String>,
}

impl Regexp {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Go's message, from `error parsing regexp: ` on.
    pub fn new(pattern: &str, release: Release) -> Result<Self, String> {
        let translated = translate::translate(pattern, release).map_err(|message| in_full(&message))?;
        let mut builder = RegexBuilder::new(&translated.pattern);
        match builder.size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build() {
            Ok(regex) => Ok(Self { regex, names: translated.names }),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err(in_full(&format!("expression too large: `{pattern}`")))
            }
            Err(_) => Err(in_full(&format!("invalid or unsupported Perl syntax: `{pattern}`"))),
        }
    }

    /// Checks that a text is an expression, which costs less than compiling it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn check(pattern: &str, release: Release) -> Result<(), String> {
        translate::translate(pattern, release).map(drop).map_err(|message| in_full(&message))
    }

    /// Appends a replacement text with `$1`, `${name}` and `$$` replaced, as `Regexp.Expand` does.
    pub fn expand(&self, template: &str, captures: &Captures<'_>, out: &mut String) {
        expand::expand(template, captures, &self.names, out);
    }
}

impl std::ops::Deref for Regexp {
    type Target = regex::Regex;

    fn deref(&self) -> &regex::Regex {
        &self.regex
    }
}

fn in_full(message: &str) -> String {
    format!("error parsing regexp: {message}")
}

/// `regexp.QuoteMeta`.
pub fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_whole() {
        let message = "error parsing regexp: missing closing ): `(`";
        assert_eq!(Regexp::new("(", Release::default()).unwrap_err(), message);
        assert_eq!(Regexp::check("(", Release::default()).unwrap_err(), message);
    }

    #[test]
    fn a_quoted_text_matches_itself() {
        let text = r"a.b\c[d]{2}^$";
        let pattern = format!("^{}$", String::from_utf8(quote_meta(text.as_bytes())).unwrap());
        assert!(Regexp::new(&pattern, Release::default()).unwrap().is_match(text));
    }
}
