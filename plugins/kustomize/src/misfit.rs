//! What does not fit the type that a field has, in words for people who write YAML.

use oarlock_plugin::{Failure, meant_field};
use oarlock_yaml::DeserializeError;

/// How serde names the types of numbers, and what they are called here.
const TYPES: [(&str, &str); 5] = [
    ("i64", "a whole number"),
    ("u32", "a whole number"),
    ("usize", "a whole number"),
    ("a sequence", "a list"),
    ("a map", "a mapping"),
];

/// The failure without its place, which the caller knows.
pub(crate) fn misfit(error: &DeserializeError) -> Failure {
    let message = error.message.as_str();
    if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|message| message.split_once(", expected "))
    {
        let known = TYPES.iter().find(|(name, _)| *name == expected).map(|(_, name)| *name);
        let expected = known.unwrap_or(expected);
        let found = match found {
            "map" => "a mapping",
            "sequence" => "a list",
            "string" => "a string",
            "integer" => "a whole number",
            "floating point number" => "a number",
            other => other,
        };
        return Failure::new(format!("{found} where {expected} is expected"));
    }
    if let Some((name, known)) = message
        .strip_prefix("unknown field `")
        .and_then(|message| message.split_once('`'))
        .and_then(|(name, rest)| Some((name, rest.strip_prefix(", expected ")?)))
    {
        let hint = match meant_field(message) {
            Some(meant) => format!("is `{meant}` meant?"),
            None => format!("there are {}", known.trim_start_matches("one of ")),
        };
        return Failure::new(format!("there is no field `{name}` here")).hint(hint);
    }
    Failure::new(message)
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::Span;

    use super::*;

    #[test]
    fn messages_are_for_people() {
        for (message, expected, hint) in [
            ("invalid type: string, expected i64", "a string where a whole number is expected", None),
            ("invalid type: sequence, expected a map", "a list where a mapping is expected", None),
            ("invalid type: map, expected a sequence", "a mapping where a list is expected", None),
            (
                "unknown field `newTagg`, expected one of `name`, `newTag`",
                "there is no field `newTagg` here",
                Some("is `newTag` meant?"),
            ),
            (
                "unknown field `x`, expected `name` or `kind`",
                "there is no field `x` here",
                Some("there are `name` or `kind`"),
            ),
            ("anything else", "anything else", None),
        ] {
            let error =
                DeserializeError { message: message.to_owned(), span: Span::default(), is_key: false };
            let failure = misfit(&error);
            assert_eq!((failure.message.as_str(), failure.hint.as_deref()), (expected, hint));
        }
    }
}
