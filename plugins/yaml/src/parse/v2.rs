//! What `sigs.k8s.io/yaml` makes of scalars, keys and merge keys: go-yaml v2's view, and then JSON's.

use std::fmt::Write as _;

use super::load::{Loaded, not_a_key};
use super::tag;
use crate::json::{self, Json};
use crate::resolve;
use crate::scan::{Mark, Style};
use crate::{EmitError, Entry, Key, Node, ParseError, Scalar, ScalarKind, Text, Value};

/// A scalar, spelled as JSON spells it.
pub(super) fn scalar(text: &str, style: Style, tag: Option<&str>, mark: Mark) -> Result<Loaded, ParseError> {
    let span = mark.span();
    let plain = style == Style::Plain;
    // A lone `!` makes libyaml treat quoted text as plain, and go-yaml leave plain text as it is.
    let merge =
        text == "<<" && (plain && tag.is_none() || tag.is_some_and(|tag| tag == "!" || tag::is_merge(tag)));
    let kind = match tag {
        None if plain => resolve::resolve_v2(text),
        None | Some("!") => ScalarKind::String,
        Some(tag) => tag::kind_v2(tag, text, span)?,
    };
    let old = Scalar { kind, text: Text::new(text), quoted: !plain };
    let text = match json::value(&old).map_err(|error| not_json(&error, span))? {
        Json::Null => Text::new_static("null"),
        Json::Bool(_) => {
            let value = resolve::old_bool(text).unwrap_or_else(|| text.eq_ignore_ascii_case("true"));
            Text::new_static(if value { "true" } else { "false" })
        }
        Json::Int(digits) => digits.as_ref().into(),
        Json::Float(number) => number.to_json().unwrap_or_default().into(),
        Json::String(text) => text.as_ref().into(),
    };
    let kind = if kind == ScalarKind::Binary { ScalarKind::String } else { kind };
    let value = Value::Scalar(Scalar { kind, text, quoted: !plain });
    Ok(Loaded { node: Node { value, span }, merge, height: 0 })
}

/// JSON has no infinities.
fn not_json(error: &EmitError, span: crate::Span) -> ParseError {
    let error_text = error.to_string();
    let spelled = match error {
        EmitError::NotFinite(text) => match text.trim_start_matches('+').to_ascii_lowercase().as_str() {
            "-.inf" => "-Inf",
            ".nan" => "NaN",
            _ => "+Inf",
        },
        _ => "",
    };
    ParseError::new(error_text, span).upstream_json(format!("json: unsupported value: {spelled}"))
}

/// A key as text; `null` stays, since it can be none.
pub(super) fn key(mut key: Key) -> Key {
    match key.kind {
        ScalarKind::Null => return key,
        ScalarKind::Float => key.text = resolve::short_float(&key.text),
        _ => {}
    }
    key.kind = ScalarKind::String;
    key
}

/// Why a key that is `null` is refused. The message shows the value as Go would spell it.
pub(super) fn null_key(key: &Key, value: &Node) -> ParseError {
    let mut shown = String::new();
    if value.is_null() {
        shown.push_str("<nil>");
    } else {
        go_syntax(value, &mut shown);
    }
    ParseError::new("`null` cannot be a key", key.span)
        .hint("put the key in quotes")
        .upstream_json(format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}"))
}

/// Why a list or mapping is refused as a key. The message shows it as Go would spell it.
pub(super) fn complex_key(key: &Node) -> ParseError {
    let mut shown = String::new();
    go_syntax(key, &mut shown);
    not_a_key(key.span).upstream(format!("invalid map key: {shown}"), 0)
}

/// `%#v` of what go-yaml v2 decodes to.
fn go_syntax(node: &Node, out: &mut String) {
    match &node.value {
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => out.push_str("interface {}(nil)"),
            ScalarKind::Bool | ScalarKind::Int | ScalarKind::Float => out.push_str(&scalar.text),
            // Writing to a string never fails.
            _ => drop(write!(out, "{:?}", scalar.text.as_str())),
        },
        Value::Sequence(items) => {
            out.push_str("[]interface {}{");
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                go_syntax(item, out);
            }
            out.push('}');
        }
        Value::Mapping(mapping) => {
            out.push_str("map[interface {}]interface {}{");
            for (index, entry) in mapping.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                let _ = write!(out, "{:?}:", entry.key.text.as_str());
                go_syntax(&entry.value, out);
            }
            out.push('}');
        }
    }
}

/// Adds what a merge key brings in, as if it stood there: go-yaml v2 lets what comes later win, whether merged or not.
pub(super) fn merge(entries: &mut Vec<Entry>, merged: Node) -> Result<(), ParseError> {
    let span = merged.span;
    match merged.value {
        Value::Mapping(mapping) => entries.extend(mapping),
        Value::Sequence(items) => {
            // From the back, so that the first of several wins.
            for item in items.into_iter().rev() {
                match item.value {
                    Value::Mapping(mapping) => entries.extend(mapping),
                    _ => return Err(super::merge::not_a_mapping(item.span)),
                }
            }
        }
        Value::Scalar(_) => return Err(super::merge::not_a_mapping(span)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Dialect, Limits, parse_as, to_json};

    fn read(text: &str) -> Result<String, String> {
        let documents = parse_as(text.as_bytes(), Dialect::Helm, Limits::default());
        let documents = documents.map_err(|error| error.go_yaml())?;
        Ok(documents.first().map_or_else(String::new, |document| to_json(&document.root).unwrap()))
    }

    #[test]
    fn reads_what_helm_reads() {
        for (yaml, json) in [
            ("[yes, No, on, OFF, y, N, true, False]", "[true,false,true,false,true,false,true,false]"),
            ("[0x1f, 0o17, 017, 0b1, 1_000, +1, -0, 08]", "[31,15,15,1,1000,1,0,8]"),
            ("[1.0, .5, 1e3, 1e400, 1:20, 2020-01-01]", r#"[1,0.5,1000,"1e400","1:20","2020-01-01"]"#),
            ("{1: a, 1.5: b, yes: c, ~x: d, 0x10: e}", r#"{"1":"a","1.5":"b","true":"c","~x":"d","16":"e"}"#),
            ("{a: , b: ''}", r#"{"a":null,"b":""}"#),
            ("a: 1\na: 2\n", r#"{"a":2}"#),
            ("x: &x {a: 1, b: 2}\nz: {a: 0, <<: *x, b: 3}\n", r#"{"x":{"a":1,"b":2},"z":{"a":1,"b":3}}"#),
            ("<<: [{a: 1}, {a: 2, b: 3}]", r#"{"a":1,"b":3}"#),
            ("'<<': 1", r#"{"<<":1}"#),
            ("!!str 1", r#""1""#),
            ("!!float 1", "1"),
            ("!!int '1'", "1"),
            ("! '1'", r#""1""#),
            ("- ! 1\n- ! true\n- !\n", r#"["1","true",""]"#),
            ("!Ref a", r#""a""#),
            ("!!binary aGk=", r#""hi""#),
            ("a\n---\nb: [", r#""a""#),
            ("[a] b", r#"["a"]"#),
            ("", ""),
            ("# nothing", ""),
        ] {
            assert_eq!(read(yaml).as_deref(), Ok(json), "{yaml}");
        }
    }

    #[test]
    fn says_what_go_yaml_says() {
        for (yaml, problem) in [
            ("a: b: c", "mapping values are not allowed in this context"),
            ("a: - b", "block sequence entries are not allowed in this context"),
            ("x:\n\ty: 1", "line 2: found character that cannot start any token"),
            ("a: [b\nc: d", "line 1: did not find expected ',' or ']'"),
            ("- a\nb: c", "line 1: did not find expected '-' indicator"),
            ("a: 1\n  b: 2", "line 2: mapping values are not allowed in this context"),
            ("k: a\nb\n", "line 3: could not find expected ':'"),
            ("a: *b", "unknown anchor 'b' referenced"),
            ("a: \u{1}", "control characters are not allowed"),
            ("a: 'b", "found unexpected end of stream"),
            ("%a", "found unknown directive name"),
            ("!!int x", "cannot decode !!str `x` as a !!int"),
            ("? [a, 1]\n: b", r#"invalid map key: []interface {}{"a", 1}"#),
            ("a: {{ x }}", r#"invalid map key: map[interface {}]interface {}{"x":interface {}(nil)}"#),
            ("<<: 1", "map merge requires map or sequence of maps as the value"),
        ] {
            assert_eq!(read(yaml), Err(format!("yaml: {problem}")), "{yaml}");
        }
    }

    #[test]
    fn says_what_json_cannot_hold() {
        for (yaml, problem) in [
            ("a: .inf", "json: unsupported value: +Inf"),
            ("~: x", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"x\""),
            (
                "null: [1, a, ~]",
                "unsupported map key of type: %!s(<nil>), key: <nil>, value: []interface {}{1, \"a\", interface {}(nil)}",
            ),
            ("null: ", "unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>"),
            // What is no YAML at all is told first.
            ("a: .nan\nb: 'c", "yaml: line 2: found unexpected end of stream"),
        ] {
            assert_eq!(read(yaml), Err(problem.to_owned()), "{yaml}");
        }
    }
}
