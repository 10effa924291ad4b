//! What a scalar is to JSON.

use std::borrow::Cow;

use crate::resolve::{self, Number, Timestamp};
use crate::{EmitError, Scalar, ScalarKind};

/// A scalar as Go's `encoding/json` sees what go-yaml decoded.
#[derive(Debug, PartialEq)]
pub(crate) enum Json<'a> {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number in decimal digits.
    Int(Cow<'a, str>),
    /// A finite number.
    Float(Number),
    /// Text.
    String(Cow<'a, str>),
}

/// What a scalar is to JSON.
pub(crate) fn value(scalar: &Scalar) -> Result<Json<'_>, EmitError> {
    let text = scalar.text.as_str();
    Ok(match scalar.kind {
        ScalarKind::String => Json::String(Cow::Borrowed(text)),
        // Left out of a flow collection, see `Node::is_left_out`.
        ScalarKind::Null if scalar.is_left_out() => Json::String(Cow::Borrowed("")),
        ScalarKind::Null => Json::Null,
        ScalarKind::Bool => Json::Bool(text.eq_ignore_ascii_case("true")),
        ScalarKind::Int if is_decimal(text) => Json::Int(Cow::Borrowed(text)),
        ScalarKind::Int | ScalarKind::Float => match Number::read(text) {
            None => return Err(EmitError::NotANumber(text.to_owned())),
            Some(Number::Float(number)) if !number.is_finite() => {
                return Err(EmitError::NotFinite(text.to_owned()));
            }
            Some(number @ Number::Float(_)) => Json::Float(number),
            // A float keeps the sign of its nothing.
            Some(Number::Int(0)) if scalar.kind == ScalarKind::Float && text.starts_with('-') => {
                Json::Float(Number::Float(-0.0))
            }
            Some(number) if scalar.kind == ScalarKind::Float => Json::Float(number),
            Some(Number::Int(number)) => Json::Int(Cow::Owned(number.to_string())),
            Some(Number::Uint(number)) => Json::Int(Cow::Owned(number.to_string())),
        },
        ScalarKind::Timestamp => match Timestamp::parse(text) {
            Some(time) if time.is_rfc3339() => Json::String(Cow::Owned(time.to_string())),
            _ => return Err(EmitError::NotATime(text.to_owned())),
        },
        ScalarKind::Binary => match resolve::decode_base64(text) {
            Some(bytes) => Json::String(Cow::Owned(to_text(&bytes))),
            None => Json::String(Cow::Borrowed(text)),
        },
    })
}

/// Bytes as text: each byte that is not UTF-8 becomes U+FFFD, as in Go. The standard library
/// replaces sequences.
fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
    }
    text
}

/// Whether the text is how Go prints the number that it spells: most are.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    match digits.as_bytes() {
        b"0" => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => rest.len() < 18 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}
