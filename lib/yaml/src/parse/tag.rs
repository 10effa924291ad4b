//! What an explicit tag makes of a scalar.

use crate::{ParseError, ScalarKind, Span, Text, resolve};

/// The short form of a tag: `!!str` for `tag:yaml.org,2002:str`.
fn short(tag: &str) -> Option<&str> {
    tag.strip_prefix("tag:yaml.org,2002:").or_else(|| tag.strip_prefix("!!"))
}

/// Whether the tag makes a plain scalar a merge key.
pub(super) fn is_merge(tag: &str) -> bool {
    short(tag) == Some("merge")
}

/// The type of a scalar with an explicit tag. Tags that go-yaml does not know, such as `!Ref`, make
/// text.
pub(super) fn kind(tag: &str, text: &Text, span: Span) -> Result<ScalarKind, ParseError> {
    let wanted = match short(tag) {
        Some("null") => ScalarKind::Null,
        Some("bool") => ScalarKind::Bool,
        Some("int") => ScalarKind::Int,
        Some("float") => ScalarKind::Float,
        Some("timestamp") => ScalarKind::Timestamp,
        Some("binary") => ScalarKind::Binary,
        _ => return Ok(ScalarKind::String),
    };
    if wanted == ScalarKind::Binary {
        return match resolve::decode_base64(text) {
            Some(_) => Ok(ScalarKind::Binary),
            None => Err(ParseError::new("`!!binary` needs base64", span)),
        };
    }
    let found = resolve::resolve_plain(text);
    if found == wanted || (wanted == ScalarKind::Float && found == ScalarKind::Int) {
        return Ok(wanted);
    }
    let message = format!("the value cannot be read as `!!{}`", short(tag).unwrap_or(tag));
    Err(ParseError::new(message, span).hint("remove the tag, or fix the value"))
}

/// As [`kind`], for go-yaml v2: it resolves what stands in quotes, too, and knows YAML 1.1's truth
/// values.
pub(super) fn kind_v2(tag: &str, text: &str, span: Span) -> Result<ScalarKind, ParseError> {
    let wanted = match short(tag) {
        Some("null") => ScalarKind::Null,
        Some("bool") => ScalarKind::Bool,
        Some("int") => ScalarKind::Int,
        Some("float") => ScalarKind::Float,
        Some("binary") => {
            return match resolve::decode_base64(text) {
                Some(_) => Ok(ScalarKind::Binary),
                None => Err(ParseError::new("`!!binary` needs base64", span)
                    .upstream("!!binary value contains invalid base64 data", 0)),
            };
        }
        Some("timestamp") => match resolve::Timestamp::parse(text) {
            Some(_) => return Ok(ScalarKind::String),
            None => ScalarKind::Timestamp,
        },
        _ => return Ok(ScalarKind::String),
    };
    let found = resolve::resolve_v2(text);
    if found == wanted || (wanted == ScalarKind::Float && found == ScalarKind::Int) {
        return Ok(wanted);
    }
    let name = |kind| match kind {
        ScalarKind::Null => "!!null",
        ScalarKind::Bool => "!!bool",
        ScalarKind::Int => "!!int",
        ScalarKind::Float => "!!float",
        ScalarKind::Timestamp => "!!timestamp",
        ScalarKind::String | ScalarKind::Binary => "!!str",
    };
    Err(ParseError::new(format!("the value cannot be read as `{}`", name(wanted)), span)
        .upstream(format!("cannot decode {} `{text}` as a {}", name(found), name(wanted)), 0))
}
