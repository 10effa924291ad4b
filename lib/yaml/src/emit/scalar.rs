//! Scalars: the text that stands for a value, and the style that it is written in.

use std::borrow::Cow;

use crate::analyze::{Analysis, Tabs, analyze};
use crate::error::EmitError;
use crate::json::{self, Json};
use crate::resolve::{self, Number};
use crate::{Key, Scalar, ScalarKind};
use oarlock_bytes::is_all_plain;

/// Keys up to this length stand before their `:`; longer ones are written with `?`.
const SIMPLE_KEY_LENGTH: usize = 128;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// A scalar that is ready to be written.
#[derive(Debug)]
pub(super) struct Written<'a> {
    pub(super) text: Cow<'a, str>,
    /// What the value's type asks for; what the text allows is looked at when it is written.
    wanted: Style,
    analysis: Analysis,
}

impl<'a> Written<'a> {
    pub(super) fn new(scalar: &'a Scalar) -> Result<Self, EmitError> {
        Ok(match json::value(scalar)? {
            Json::Null => Self::plain(Cow::Borrowed("null")),
            Json::Bool(value) => Self::plain(Cow::Borrowed(if value { "true" } else { "false" })),
            Json::Int(digits) => Self::plain(digits),
            // JSON on the way makes integers of floats that are whole.
            Json::Float(number) => {
                let text = number.to_yaml().ok_or_else(|| EmitError::NotFinite(scalar.text.to_string()))?;
                Self::plain(Cow::Owned(text))
            }
            Json::String(text) => Self::string(text)?,
        })
    }

    /// As go-yaml v3 writes a value that it was handed directly: floats keep their own form, and so
    /// does text.
    pub(super) fn without_json(scalar: &'a Scalar) -> Result<Self, EmitError> {
        match scalar.kind {
            ScalarKind::String => return Ok(Self::direct(&scalar.text)),
            ScalarKind::Timestamp => return Ok(Self::plain(Cow::Borrowed(&scalar.text))),
            // Bytes that are no text.
            ScalarKind::Binary => return Ok(Self::plain(Cow::Owned(format!("!!binary {}", scalar.text)))),
            _ => {}
        }
        let number = match Number::read(&scalar.text) {
            Some(Number::Float(number)) => Some(number),
            Some(Number::Int(_) | Number::Uint(_)) => scalar.text.parse().ok(),
            None => None,
        };
        match number.filter(|_| scalar.kind == ScalarKind::Float) {
            Some(number) => Ok(Self::plain(Cow::Owned(number_text(number)))),
            None => Self::new(scalar),
        }
    }

    /// Text as go-yaml v3 writes it, which knows the truth values of YAML 1.1 as well and minds no
    /// tabs in blocks.
    pub(super) fn direct(text: &'a str) -> Self {
        let wanted = if text.contains('\n') {
            Style::Literal
        } else if resolve::is_plain_text(text) && !is_base60(text) {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        Self { text: Cow::Borrowed(text), wanted, analysis: analyze(text, Tabs::InBlocks) }
    }

    /// A key. At the top of an object go-yaml decodes keys of any type to text; below it leaves
    /// them, and JSON refuses them.
    pub(super) fn key(key: &'a Key, top: bool) -> Result<Self, EmitError> {
        if key.kind == ScalarKind::String || top && key.kind != ScalarKind::Null {
            // Between the quotes of JSON it is a line break, and a key of more than one line is
            // none.
            if !key.text.is_ascii() && key.text.contains('\u{85}') {
                return Err(EmitError::Control('\u{85}'));
            }
            return Self::string(Cow::Borrowed(key.text.as_str()));
        }
        Err(EmitError::KeyNotText { text: key.text.to_string(), kind: key.kind })
    }

    fn plain(text: Cow<'a, str>) -> Self {
        let analysis = Analysis { multiline: false, plain: true, single_quoted: true, block: true };
        Self { text, wanted: Style::Plain, analysis }
    }

    /// Text, quoted where go-yaml v2 would read it as something else.
    fn string(text: Cow<'a, str>) -> Result<Self, EmitError> {
        let text = through_json(text)?;
        let wanted = if text.contains('\n') {
            Style::Literal
        } else if resolve::is_plain_text(&text) && !is_base60(&text) {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        let analysis = analyze(&text, Tabs::Quoted);
        Ok(Self { text, wanted, analysis })
    }

    /// Whether the scalar can stand before a `:`.
    pub(super) fn is_simple_key(&self) -> bool {
        !self.analysis.multiline && self.text.len() <= SIMPLE_KEY_LENGTH
    }

    /// The style that text and place allow.
    pub(super) fn style(&self, simple_key: bool) -> Style {
        let Analysis { multiline, plain, single_quoted, block } = self.analysis;
        match self.wanted {
            _ if simple_key && multiline => Style::DoubleQuoted,
            Style::Plain if plain && !(self.text.is_empty() && simple_key) => Style::Plain,
            Style::Plain if single_quoted => Style::SingleQuoted,
            Style::Literal if block && !simple_key => Style::Literal,
            _ => Style::DoubleQuoted,
        }
    }
}

fn number_text(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    resolve::shortest(number)
}

/// What becomes of a text that is written as JSON and read as YAML: U+0085, which JSON does not
/// escape, is a line break to YAML and folds; other control characters that JSON leaves alone are
/// refused.
fn through_json(text: Cow<'_, str>) -> Result<Cow<'_, str>, EmitError> {
    if is_all_plain(text.as_bytes()) {
        return Ok(text);
    }
    // All of these start with one of three bytes.
    if !text.bytes().any(|byte| matches!(byte, 0x7F | 0xC2 | 0xEF)) {
        return Ok(text);
    }
    let control = text.chars().find(
        |character| matches!(character, '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}'),
    );
    if let Some(control) = control {
        return Err(EmitError::Control(control));
    }
    if !text.contains('\u{85}') {
        return Ok(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(found) = rest.find('\u{85}') {
        folded.push_str(rest[..found].trim_end_matches(' '));
        let gap = rest[found..].trim_start_matches([' ', '\u{85}']);
        let breaks = rest[found..rest.len() - gap.len()].matches('\u{85}').count();
        match breaks {
            1 => folded.push(' '),
            breaks => folded.extend(std::iter::repeat_n('\n', breaks - 1)),
        }
        rest = gap;
    }
    folded.push_str(rest);
    Ok(Cow::Owned(folded))
}

/// YAML 1.1's sexagesimal numbers, such as `1:20`: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !text.starts_with(|character: char| character.is_ascii_digit()) || !text.contains(':') {
        return false;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = whole.split(':');
    parts.next().is_some_and(digits)
        && parts.all(|part| match part.as_bytes() {
            [digit] | [b'0'..=b'5', digit] => digit.is_ascii_digit(),
            _ => false,
        })
        && digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_base_60() {
        for (text, expected) in [
            ("1:20", true),
            ("-1:20:30.5", true),
            ("1_0:59", true),
            ("1:60", false),
            ("1:2:", false),
            (":20", false),
            ("1:020", false),
            ("80:80", false),
            ("8080:80", false),
            ("22:22", true),
            ("1.5:20", false),
        ] {
            assert_eq!(is_base60(text), expected, "{text}");
        }
    }

    #[test]
    fn folds_what_yaml_takes_for_line_breaks() {
        let through = |text: &'static str| through_json(Cow::Borrowed(text)).unwrap().into_owned();
        assert_eq!(through("a\u{85}b"), "a b");
        assert_eq!(through("a  \u{85} \u{85}b"), "a\nb");
        assert_eq!(through("é"), "é");
        assert_eq!(through_json(Cow::Borrowed("\u{7F}")), Err(EmitError::Control('\u{7F}')));
    }
}
