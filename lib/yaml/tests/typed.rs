//! Trees read into Rust types.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use oarlock_yaml::{Limits, Node, Reader, from_json, from_node, parse_one, to_json};
use serde::Deserialize;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Sample {
    name: String,
    count: u32,
    ratio: f64,
    enabled: bool,
    items: Vec<String>,
    labels: BTreeMap<String, String>,
    inner: Option<Box<Sample>>,
    mode: Mode,
    any: Option<Node>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mode {
    #[default]
    Fast,
    Slow,
    Custom(u8),
    Tuned {
        level: i64,
    },
}

fn read(text: &str) -> Result<Sample, (String, u32, u32)> {
    let node = parse_one(text.as_bytes(), Reader::Oarlock, Limits::default()).unwrap().unwrap();
    from_node(&node).map_err(|error| (error.to_string(), error.span.line, error.span.column))
}

#[test]
fn values_are_taken_as_go_takes_them() {
    for (text, expected) in [
        ("name: 0x10", Sample { name: "16".into(), ..Sample::default() }),
        ("name: 1.50", Sample { name: "1.5".into(), ..Sample::default() }),
        ("name: True", Sample { name: "true".into(), ..Sample::default() }),
        ("name:", Sample::default()),
        ("name: 2001-01-01", Sample { name: "2001-01-01".into(), ..Sample::default() }),
        ("{count: 3.0, ratio: 2}", Sample { count: 3, ratio: 2.0, ..Sample::default() }),
        ("enabled: yes", Sample { enabled: true, ..Sample::default() }),
        ("{enabled: , items: , labels: , inner: , count: ~}", Sample::default()),
        (
            "items: [a, 1, true]",
            Sample { items: vec!["a".into(), "1".into(), "true".into()], ..Sample::default() },
        ),
        (
            "labels: {1: 2}",
            Sample { labels: BTreeMap::from([("1".into(), "2".into())]), ..Sample::default() },
        ),
        (
            "inner: {count: 1}",
            Sample { inner: Some(Box::new(Sample { count: 1, ..Sample::default() })), ..Sample::default() },
        ),
        ("mode: slow", Sample { mode: Mode::Slow, ..Sample::default() }),
        ("mode: {custom: 7}", Sample { mode: Mode::Custom(7), ..Sample::default() }),
        ("mode: {tuned: {level: -1}}", Sample { mode: Mode::Tuned { level: -1 }, ..Sample::default() }),
        ("any: x", Sample { any: Some(Node::string("x")), ..Sample::default() }),
    ] {
        assert_eq!(read(text), Ok(expected), "{text}");
    }
}

#[test]
fn wrong_types_are_placed() {
    for (text, message, line, column) in [
        ("name: a\nnam: b", "unknown field `nam`", 2, 1),
        ("inner:\n  inner:\n    nam: b", "unknown field `nam`", 3, 5),
        ("count: x", "invalid type: string, expected u32", 1, 8),
        ("count: -1", "invalid value: integer `-1`, expected u32", 1, 8),
        ("items:\n- a\n- [b]", "invalid type: sequence, expected a string", 3, 3),
        ("items: a", "invalid type: string, expected a sequence", 1, 8),
        ("labels: [a]", "invalid type: sequence, expected a map", 1, 9),
        ("enabled: 'yes'", "invalid type: string, expected a boolean", 1, 10),
        ("mode: quick", "unknown variant `quick`", 1, 7),
        ("mode: custom", "`custom` needs a value", 1, 7),
        ("mode: {slow: 1}", "`slow` takes no value", 1, 14),
        ("mode: {custom: x}", "invalid type: string, expected u8", 1, 16),
    ] {
        let (found, at_line, at_column) = read(text).unwrap_err();
        assert!(found.contains(message), "{text:?}: {found}");
        assert_eq!((at_line, at_column), (line, column), "{text:?}: {found}");
    }
    // What JSON cannot hold is rejected before there is a type.
    let text = b"ratio: .inf";
    let error = parse_one(text, Reader::Oarlock, Limits::default());
    assert_eq!(error.unwrap_err().message, "`.inf` is a number that JSON cannot hold");
}

#[test]
fn a_missing_field_is_placed_at_its_mapping() {
    #[derive(Debug, Deserialize)]
    struct Strict {
        #[expect(dead_code, reason = "only asked for")]
        name: String,
    }
    let node = parse_one(b"a:\n  b: c", Reader::Oarlock, Limits::default()).unwrap().unwrap();
    let error = from_node::<Strict>(node.get("a").unwrap()).unwrap_err();
    assert!(error.to_string().contains("missing field `name`"));
    assert_eq!((error.span.line, error.span.column), (2, 3));
}

#[test]
fn nodes_pass_through_serde() {
    let json = r#"{"b":[1,-2,1.5,true,null,"x",18446744073709551615],"a":{}}"#;
    let node = from_json(json).unwrap();
    let through: Node = from_node(&node).unwrap();
    assert_eq!(to_json(&through).unwrap(), json);
}
