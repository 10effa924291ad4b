//! Properties that hold for every tree and every text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oarlock_yaml::{
    Dialect, Key, Limits, Mapping, Node, Reader, ScalarKind, Value, emit, from_json, parse, parse_one,
    to_json,
};
use proptest::prelude::*;

/// Text that emitters stumble over: indicators, spaces, breaks, words with a meaning, Unicode of
/// every width.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9]{1,12}",
        2 => "[-?:,\\[\\]{}#&*!|>'\"%@`=~.<+_/\\\\]{1,3}",
        2 => " {1,2}",
        1 => Just("\n".to_owned()),
        1 => prop::sample::select(vec!["\t", "\r", "\u{1B}", "\0", "é", "日本", "😀", "\u{A0}", "\u{2028}", "\u{FEFF}"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["yes", "null", "1e3", "0x1F", "2001-01-01", "1:20", "<<", "---", ": ", " #"])
            .prop_map(str::to_owned),
        1 => Just("word ".repeat(25)),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A merge key is cleared whether it is quoted or not, as by kustomize.
fn key() -> impl Strategy<Value = String> {
    text().prop_filter("not a merge key", |key| key != "<<")
}

fn node() -> impl Strategy<Value = Node> {
    let scalar = prop_oneof![
        4 => text().prop_map(Node::string),
        1 => any::<i64>().prop_map(Node::int),
        1 => any::<bool>().prop_map(Node::bool),
        1 => Just(Node::null()),
        1 => (-1e9..1e9_f64).prop_map(|number| Node::scalar(ScalarKind::Float, format!("{number:e}"))),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| Node::new(Value::Sequence(items))),
            prop::collection::btree_map(key(), inner, 0..5).prop_map(|entries| {
                let mut mapping = Mapping::default();
                for (key, value) in entries {
                    mapping.push(Key::from(oarlock_yaml::Text::from(key)), value);
                }
                Node::new(Value::Mapping(mapping))
            }),
        ]
    })
}

/// Keys sorted and numbers in one spelling: what printing leaves equal.
fn normal(node: &Node) -> Node {
    match &node.value {
        Value::Scalar(scalar) => match scalar.kind {
            // Through JSON a float that is whole becomes an integer.
            ScalarKind::Int | ScalarKind::Float => from_json(&to_json(node).unwrap()).map_or_else(
                |error| panic!("{error}"),
                |node| {
                    Node::scalar(
                        ScalarKind::Float,
                        node.scalar_text().unwrap().parse::<f64>().unwrap().to_string(),
                    )
                },
            ),
            _ => node.clone(),
        },
        Value::Sequence(items) => Node::new(Value::Sequence(items.iter().map(normal).collect())),
        Value::Mapping(mapping) => {
            let mut entries: Vec<_> =
                mapping.iter().map(|entry| (entry.key.text.clone(), normal(&entry.value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            let mut mapping = Mapping::default();
            for (key, value) in entries {
                mapping.push(key, value);
            }
            Node::new(Value::Mapping(mapping))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_back_the_same(node in node()) {
        let printed = emit(&node, Dialect::Kustomize).unwrap();
        // In a mapping, so that the text of a lone `null` or a leading `---` is no document of its
        // own.
        let mut holder = Mapping::default();
        holder.push("holder", node);
        let holder = Node::new(Value::Mapping(holder));
        let held = emit(&holder, Dialect::Kustomize).unwrap();
        let back = parse_one(held.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
        prop_assert_eq!(normal(&back), normal(&holder), "{}", printed);
        prop_assert_eq!(emit(&back, Dialect::Kustomize).unwrap(), held);
    }

    #[test]
    fn json_reads_back_the_same(node in node()) {
        let json = to_json(&node).unwrap();
        let back = from_json(&json).unwrap();
        prop_assert_eq!(normal(&back), normal(&node));
        prop_assert_eq!(to_json(&back).unwrap(), json);
    }

    #[test]
    fn json_is_yaml(node in node()) {
        let json = to_json(&node).unwrap();
        // YAML takes no control characters, and keys of at most 1,024 characters; JSON strings here
        // are within that.
        prop_assume!(!node.is_null());
        let back = parse_one(json.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
        prop_assert_eq!(normal(&back), normal(&from_json(&json).unwrap()));
    }

    #[test]
    fn no_text_panics(pieces in prop::collection::vec(prop_oneof![
        prop::sample::select(vec![
            " ", "  ", "\n", "\n  ", ": ", ":", "- ", "-", "? ", "{", "}", "[", "]", ",", "\"", "'", "|\n", ">\n", "|2-\n", "#",
            "&a ", "*a", "!!str ", "!x ", "!", "\t", "\r\n", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! a\n", "<<: ", "\\", "é",
            "\u{2028}", "\u{85}", "\u{FEFF}", "!!binary ", "!!int ", "%", "a",
        ]).prop_map(str::to_owned),
        "\\PC{0,3}",
    ], 0..24)) {
        let text = pieces.concat();
        if let Ok(documents) = parse(text.as_bytes(), Reader::KustomizeResource, Limits { depth: 20, nodes: 1_000 }) {
            for document in documents {
                let _ = emit(&document.root, Dialect::Kustomize);
                let _ = to_json(&document.root);
            }
        }
        let _ = from_json(&text);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&bytes, Reader::KustomizeResource, Limits::default());
    }
}
