//! A scalar and its type, by the rules of a reader.

use std::borrow::Cow;

use super::loaded::Loaded;
use super::refold::refold;
use super::{tag, v2};
use crate::reader::{Decoder, Rules};
use crate::scan::{Mark, Style};
use crate::{Node, ParseError, Scalar, ScalarKind, Text, Value, resolve_plain};

/// What a reader makes of a scalar; `flow` says whether it stands in a flow collection.
pub(super) fn decode(
    value: Cow<'_, str>,
    style: Style,
    rules: Rules,
    flow: bool,
    tag: Option<&str>,
    mark: Mark,
) -> Result<Loaded, ParseError> {
    if rules.decoder == Decoder::SigsYaml {
        return v2::scalar(&value, style, tag, mark);
    }
    let value = if rules.rewritten && style == Style::Folded { refold(value)? } else { value };
    v3(&value, style, rules.rewritten && flow, tag, mark)
}

/// As go-yaml v3 reads it.
fn v3(value: &str, style: Style, flow: bool, tag: Option<&str>, mark: Mark) -> Result<Loaded, ParseError> {
    let span = mark.span();
    let text = Text::new(value);
    let quoted = style != Style::Plain;
    let tag = tag.filter(|tag| *tag != "!");
    let merge = match tag {
        Some(tag) => tag::is_merge(tag) && text == "<<",
        None => !quoted && text == "<<",
    };
    let kind = match tag {
        Some(tag) => tag::kind(tag, &text, span)?,
        None if quoted => ScalarKind::String,
        None => match resolve_plain(&text) {
            // On kustomize's way through YAML what has a colon is quoted in flow collections.
            ScalarKind::Timestamp if flow && text.contains([':', ',']) => ScalarKind::String,
            kind => kind,
        },
    };
    let value = Value::Scalar(Scalar { kind, text, quoted });
    Ok(Loaded { node: Node { value, span }, merge, height: 0 })
}
