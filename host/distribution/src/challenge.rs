//! How a registry wants to be asked: the header `WWW-Authenticate`.

use std::fmt::Write as _;

/// What a registry wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password.
    Basic,
    /// A token.
    Bearer {
        /// Who gives it.
        realm: String,
        /// For which service.
        service: Option<String>,
        /// What it has to allow.
        scope: Option<String>,
    },
    /// Something that is not known here.
    Other,
}

impl Challenge {
    pub(crate) fn parse(text: &str) -> Self {
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Self::Basic;
        }
        match parameter(rest, "realm") {
            Some(realm) if scheme.eq_ignore_ascii_case("bearer") => {
                Self::Bearer { realm, service: parameter(rest, "service"), scope: parameter(rest, "scope") }
            }
            _ => Self::Other,
        }
    }
}

/// A parameter of a challenge: `name="value"`.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    while let Some((key, behind)) = rest.split_once("=\"") {
        let (value, behind) = behind.split_once('"')?;
        if key.trim_matches([' ', ',']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = behind;
    }
    None
}

/// A value in a query.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' | b',' => {
                encoded.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let text =
            r#"Bearer realm="https://auth.example/token",service="reg, istry",scope="repository:a/b:pull""#;
        assert_eq!(
            Challenge::parse(text),
            Challenge::Bearer {
                realm: "https://auth.example/token".to_owned(),
                service: Some("reg, istry".to_owned()),
                scope: Some("repository:a/b:pull".to_owned()),
            }
        );
        assert_eq!(Challenge::parse("basic realm=\"r\""), Challenge::Basic);
        for other in ["", "Bearer", "Bearer realm=\"unclosed", "Digest realm=\"a\""] {
            assert_eq!(Challenge::parse(other), Challenge::Other, "{other}");
        }
        assert_eq!(encoded("reg istry&a=b"), "reg%20istry%26a%3Db");
    }
}
