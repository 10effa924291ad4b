//! What `sigs.k8s.io/yaml` makes of scalars, keys and merge keys: go-yaml v2's view, and then
//! JSON's.

use std::fmt::Write as _;

use super::loaded::{Loaded, not_a_key};
use super::tag;
use crate::json::{self, Json};
use crate::resolve;
use crate::scan::{Mark, Style};
use crate::{EmitError, Entry, Key, Node, ParseError, Scalar, ScalarKind, Span, Text, Value};

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
    let text = match kind {
        ScalarKind::String => Text::new(text),
        kind => in_json(text, kind, !plain, span)?,
    };
    let kind = if kind == ScalarKind::Binary { ScalarKind::String } else { kind };
    let value = Value::Scalar(Scalar { kind, text, quoted: !plain });
    Ok(Loaded { node: Node { value, span }, merge, height: 0 })
}

/// The spelling of a scalar in JSON.
fn in_json(text: &str, kind: ScalarKind, quoted: bool, span: Span) -> Result<Text, ParseError> {
    let old = Scalar { kind, text: Text::new(text), quoted };
    let found = match json::value(&old) {
        Err(EmitError::NotFinite(text)) => Json::String(resolve::not_finite(&text).into()),
        found => found.map_err(|error| ParseError::new(error.to_string(), span))?,
    };
    Ok(match found {
        Json::Null => Text::new_static("null"),
        Json::Bool(_) => {
            let value = resolve::old_bool(text).unwrap_or_else(|| text.eq_ignore_ascii_case("true"));
            Text::new_static(if value { "true" } else { "false" })
        }
        Json::Int(digits) => digits.as_ref().into(),
        Json::Float(number) => number.to_json().unwrap_or_default().into(),
        Json::String(text) => text.as_ref().into(),
    })
}

/// Whether a scalar is one that JSON cannot hold: it has no infinities.
pub(super) fn is_odd(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar(Scalar { kind: ScalarKind::Float, text, .. }) if is_not_finite(text))
}

fn is_not_finite(text: &str) -> bool {
    matches!(text, ".inf" | "-.inf" | ".nan")
}

/// What JSON cannot hold in a tree, the first of it.
pub(super) fn not_json(node: &Node) -> Option<ParseError> {
    match &node.value {
        Value::Scalar(scalar) if is_odd(node) => {
            let spelled = match scalar.text.as_str() {
                "-.inf" => "-Inf",
                ".nan" => "NaN",
                _ => "+Inf",
            };
            let error = ParseError::new(EmitError::NotFinite(scalar.text.to_string()).to_string(), node.span);
            Some(error.upstream_json(format!("json: unsupported value: {spelled}")))
        }
        Value::Scalar(_) => None,
        Value::Sequence(items) => items.iter().find_map(not_json),
        Value::Mapping(mapping) => mapping.iter().find_map(|entry| match entry.key.kind {
            ScalarKind::String => not_json(&entry.value),
            _ => Some(odd_key(&entry.key, &entry.value)),
        }),
    }
}

/// A key as text. What cannot be one keeps its kind: `null`, and numbers beyond 63 bits.
pub(super) fn key(mut key: Key) -> Key {
    match key.kind {
        ScalarKind::Null => return key,
        ScalarKind::Int if key.text.parse::<i64>().is_err() => return key,
        ScalarKind::Float if is_not_finite(&key.text) => {}
        ScalarKind::Float => key.text = resolve::short_float(&key.text),
        _ => {}
    }
    key.kind = ScalarKind::String;
    key
}

/// Why a key that kept its kind is refused. The message shows key and value as Go would spell them.
fn odd_key(key: &Key, value: &Node) -> ParseError {
    let (of, found) = match key.text.parse::<u64>() {
        Ok(number) => ("uint64", format!("{number:#x}")),
        Err(_) => ("%!s(<nil>)", "<nil>".to_owned()),
    };
    let mut shown = String::new();
    if value.is_null() {
        shown.push_str("<nil>");
    } else {
        go_syntax(value, &mut shown);
    }
    ParseError::new(format!("`{}` cannot be a key", key.text), key.span)
        .hint("put the key in quotes")
        .upstream_json(format!("unsupported map key of type: {of}, key: {found}, value: {shown}"))
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
            ScalarKind::Bool | ScalarKind::Int => out.push_str(&scalar.text),
            ScalarKind::Float => {
                let number = scalar.text.parse().map_or_else(|_| scalar.text.to_string(), resolve::shortest);
                out.push_str(&number);
            }
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

/// Adds what a merge key brings in, as if it stood there: go-yaml v2 lets what comes later win,
/// whether merged or not.
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
    use crate::{Limits, Reader, parse, to_json};

    fn read(text: &str) -> Result<String, String> {
        let documents = parse(text.as_bytes(), Reader::Helm, Limits::default());
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
            ("{.inf: , -.Inf: 1, .NaN: 2}", r#"{".inf":null,"-.inf":1,".nan":2}"#),
            // An empty flow collection is no key, and what follows the root is not looked at.
            ("{}: a", "{}"),
            ("{a: , b: ''}", r#"{"a":null,"b":""}"#),
            ("a: 1\na: 2\n", r#"{"a":2}"#),
            ("a: .inf\na: 2\n", r#"{"a":2}"#),
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
            ("a: 1\n[]: b", "line 1: did not find expected key"),
            ("a: &x {b: *x}", "anchor 'x' value contains itself"),
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
            (
                "9223372036854775808: a",
                "unsupported map key of type: uint64, key: 0x8000000000000000, value: \"a\"",
            ),
            ("null: ", "unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>"),
            // Report what is not YAML at all first.
            ("<<: 1\na: .inf\nb: 'c", "yaml: line 3: found unexpected end of stream"),
            ("~: 1\n<<: 1", "yaml: map merge requires map or sequence of maps as the value"),
            ("a: .nan\nb: 'c", "yaml: line 2: found unexpected end of stream"),
        ] {
            assert_eq!(read(yaml), Err(problem.to_owned()), "{yaml}");
        }
    }
}
