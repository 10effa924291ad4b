//! What does not fit the type that a field has, in words for people who write YAML.

use std::borrow::Cow;

use oarlock_plugin::{Failure, nearest};
use oarlock_yaml::{DeserializeError, Found, Mismatch, Wanted};

/// The failure without its place, which the caller knows.
pub(crate) fn mismatch(error: &DeserializeError) -> Failure {
    match &error.kind {
        Mismatch::InvalidType { found, wanted, expected } => {
            let expected = match wanted {
                Some(Wanted::Integer) => "a whole number",
                Some(Wanted::List) => "a list",
                Some(Wanted::Mapping) => "a mapping",
                _ => expected,
            };
            Failure::new(format!("{} where {expected} is expected", shown(found)))
        }
        Mismatch::UnknownField { field, expected } => {
            let hint = match nearest(field, expected.iter().copied()) {
                Some(meant) => format!("is `{meant}` meant?"),
                None => format!("there are {}", names(expected)),
            };
            Failure::new(format!("there is no field `{field}` here")).hint(hint)
        }
        other => Failure::new(other.to_string()),
    }
}

fn shown(found: &Found) -> Cow<'static, str> {
    Cow::Borrowed(match found {
        Found::Mapping => "a mapping",
        Found::List => "a list",
        Found::String => "a string",
        Found::Integer => "a whole number",
        Found::Float => "a number",
        other => return Cow::Owned(other.to_string()),
    })
}

/// The names that are known, for a sentence.
fn names(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(if quoted.len() == 2 { " or " } else { ", " })
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::{Limits, Reader, from_node, parse_one};

    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
    struct Sample {
        count: i64,
        items: Vec<String>,
        labels: std::collections::BTreeMap<String, String>,
        image: Image,
        inner: Option<Box<Sample>>,
    }

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase", deny_unknown_fields)]
    struct Image {
        name: String,
        new_tag: String,
    }

    #[test]
    fn messages_are_for_people() {
        for (text, expected, hint) in [
            ("count: a", "a string where a whole number is expected", None),
            ("labels: []", "a list where a mapping is expected", None),
            ("items: {}", "a mapping where a list is expected", None),
            ("inner: {image: 1.5}", "a number where a mapping is expected", None),
            ("image: {newTagg: a}", "there is no field `newTagg` here", Some("is `newTag` meant?")),
            ("image: {x: a}", "there is no field `x` here", Some("there are `name` or `newTag`")),
            (
                "inner: {xyz: a}",
                "there is no field `xyz` here",
                Some("there are `count`, `items`, `labels`, `image`, `inner`"),
            ),
        ] {
            let node =
                parse_one(text.as_bytes(), Reader::KustomizeField, Limits::default()).unwrap().unwrap();
            let failure = mismatch(&from_node::<Sample>(&node).unwrap_err());
            assert_eq!((failure.message.as_str(), failure.hint.as_deref()), (expected, hint), "{text}");
        }
    }
}
