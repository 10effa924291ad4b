//! Broken, odd and malicious input, and what is said about it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::format_collect, clippy::format_push_string, reason = "a test reads better so")]

use oarlock_yaml::{
    Dialect, Limits, Node, ParseError, Reader, ScalarKind, emit, from_json, parse, parse_one, to_json,
};

fn read(text: &str) -> Node {
    parse_one(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().unwrap()
}

fn error(text: &str) -> ParseError {
    parse(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap_err()
}

#[test]
fn usual_mistakes_are_placed_and_explained() {
    for (text, line, column, message, hint) in [
        ("a:\n\tb: c", 2, 1, "a tab cannot be indentation", "spaces"),
        (
            "a: 1\nb: 2\na: 3",
            3,
            1,
            "the key `a` is set twice: in line 1, column 1 and again in line 3, column 1",
            "remove",
        ),
        ("a: \"b\nc: d\n", 1, 4, "this double quote is never closed", "close it"),
        ("a: 'b\nc: d\n", 1, 4, "this single quote is never closed", "close it"),
        ("a: [b, c\n", 1, 4, "this `[` is never closed", "`]`"),
        ("a: {b: c\n", 1, 4, "this `{` is never closed", "`}`"),
        ("a: [b c: d}", 1, 11, "expected `,` or `]`", "`]`"),
        ("a: 1\nb:2\nc: 3", 2, 1, "expected a `:` after this key", "`b: …`"),
        ("a: b: c", 1, 5, "a `key: value` pair cannot stand here", "quotes"),
        ("a: b\n c: d", 2, 3, "a `key: value` pair cannot stand here", "quotes"),
        ("a:\n  b: c\n d: e", 3, 2, "expected a key of the mapping that starts in line 1", "indentation"),
        ("a:\n  - b\n  c: d", 3, 3, "expected a `-`", "indent"),
        ("a: - b", 1, 4, "a list item cannot stand here", "line of its own"),
        ("a: @b", 1, 4, "`@` cannot start a value", "quotes"),
        ("a: *b", 1, 4, "no anchor of this name", "quotes"),
        ("a: &b [*b]", 1, 8, "this alias stands within the value that it names", ""),
        ("a: {{ b }}", 1, 5, "a list or mapping cannot be a key", "{{ name }}"),
        ("a: %b", 1, 4, "`%` cannot start a value", "quotes"),
        ("a: \"\\q\"", 1, 5, "unknown escape", "backslash"),
        ("a: !!int b", 1, 4, "the value cannot be read as `!!int`", "tag"),
        ("a: &x {}\nb:\n  <<: *x\n  <<: *x", 4, 3, "a second `<<`", "list of aliases"),
        ("a:\n  <<: [1]", 2, 8, "`<<` merges a mapping", "alias"),
        ("a: 1\n---foo\nb: 2", 2, 1, "`---foo` is no document separator", "next line"),
        ("a: 1\n--- # fine\nb: 1\nb: 2", 4, 1, "in line 3, column 1 and again in line 4", "remove"),
        ("%YAML 1.1\n---\na: 1", 2, 1, "a directive must be followed by `---`", "remove the line"),
        ("日本: [1, 2\n", 1, 5, "this `[` is never closed", "`]`"),
    ] {
        let error = error(text);
        assert_eq!((error.span.line, error.span.column), (line, column), "{text:?}: {}", error.message);
        assert!(error.message.contains(message), "{text:?}: {}", error.message);
        assert!(error.hint.unwrap_or_default().contains(hint), "{text:?}");
    }
}

#[test]
fn aliases_of_large_values_are_bounded() {
    let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(error(&bomb).message.contains("more values than the limit of 2000000"));
    // A ladder of aliases nests deeper than its text.
    let mut ladder = "a0: &a0 [x]\n".to_owned();
    for level in 1..600 {
        ladder.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(error(&ladder).message.contains("nest deeper than the limit of 500"));
    // Anchors within anchors are copied once per level.
    let nested: String = (0..400).map(|level| format!("&a{level} [")).collect();
    let wide = format!("{nested}{}{}", "x, ".repeat(20_000), "]".repeat(400));
    assert!(error(&wide).message.contains("more values than the limit"));
}

/// The stack that a plugin has, and then some that debug builds need for the same walk.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn depth_is_bounded_and_what_is_allowed_fits_the_stack() {
    on_a_small_stack(|| {
        let limit = Limits::default().depth;
        let flow = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let block = |depth: usize| format!("{}x", "- ".repeat(depth));
        let mapping: fn(usize) -> String =
            |depth| (0..depth).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        for make in [&flow as &dyn Fn(usize) -> String, &block, &mapping] {
            let node = read(&make(limit));
            let copy = node.clone();
            assert_eq!(copy, node);
            emit(&node, Dialect::Kustomize).unwrap();
            let json = to_json(&node).unwrap();
            assert_eq!(to_json(&from_json(&json).unwrap()).unwrap(), json);
            let typed: Node = oarlock_yaml::from_node(&node).unwrap();
            drop(typed);
            assert!(error(&make(limit + 1)).message.contains("nest deeper than the limit"));
        }
        // Ten megabytes of nesting are refused after the first few hundred bytes.
        assert!(error(&"[".repeat(10_000_000)).message.contains("nest deeper than the limit"));
        assert!(
            from_json(&"[".repeat(10_000_000)).unwrap_err().message.contains("nest deeper than the limit")
        );
        assert!(error(&"- ".repeat(5_000_000)).message.contains("nest deeper than the limit"));
    });
}

#[test]
fn a_limit_on_nodes_counts_them_all() {
    let limits = Limits { nodes: 4, ..Limits::default() };
    assert!(parse(b"[a, b, c]", Reader::KustomizeResource, limits).is_ok());
    assert!(parse(b"[a, b, c, d]", Reader::KustomizeResource, limits).is_err());
    assert!(parse(b"[a, b]\n---\n[c]", Reader::KustomizeResource, limits).is_err());
}

#[test]
fn line_ends_and_byte_order_marks_make_no_difference() {
    let plain = "a: |\n  b\n  c\nd: \"e\n  f\"\n---\ng: h\n";
    let expected: Vec<Node> = parse(plain.as_bytes(), Reader::KustomizeResource, Limits::default())
        .unwrap()
        .into_iter()
        .map(|document| document.root)
        .collect();
    let utf16 = |unit: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
        "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
    };
    let marked = format!("\u{FEFF}{plain}");
    for bytes in [
        plain.replace('\n', "\r\n").into_bytes(),
        marked.clone().into_bytes(),
        marked.replace('\n', "\r\n").into_bytes(),
        marked.replace("---\n", "---\n\u{FEFF}").into_bytes(),
        utf16(u16::to_le_bytes, plain),
        utf16(u16::to_be_bytes, plain),
    ] {
        let roots: Vec<Node> = parse(&bytes, Reader::KustomizeResource, Limits::default())
            .unwrap()
            .into_iter()
            .map(|document| document.root)
            .collect();
        assert_eq!(roots, expected);
    }
    assert_eq!(read("a: b\rc: d"), read("a: b\nc: d"));
}

#[test]
fn tabs_stand_where_nothing_is_indented() {
    assert_eq!(read("a:\tb\t# c\nd: [\te,\tf\t]"), read("a: b\nd: [e, f]"));
    for text in ["a:\n\t- b", "\ta: b", "a: b\n\tc: d", "a: |\n\tb"] {
        assert!(error(text).message.contains("tab"), "{text:?}");
    }
}

#[test]
fn streams_are_cut_as_kyaml_cuts_them() {
    for (text, expected) in [
        ("", vec![]),
        ("# only a comment\n", vec![]),
        ("---\n---\n", vec!["null\n"]),
        ("a: 1\n---\n# nothing\n---\nb: 2\n", vec!["a: 1\n", "b: 2\n"]),
        ("a: 1\n---\n", vec!["a: 1\n"]),
        ("a: 1\n...\nb: 2\n", vec!["a: 1\n"]),
    ] {
        let printed: Vec<String> = parse(text.as_bytes(), Reader::KustomizeResource, Limits::default())
            .unwrap()
            .iter()
            .map(|document| emit(&document.root, Dialect::Kustomize).unwrap())
            .collect();
        assert_eq!(printed, expected, "{text:?}");
    }
    let second = parse_one(b"a: 1\n---\nb: 2\n", Reader::KustomizeResource, Limits::default()).unwrap_err();
    assert_eq!((second.span.line, second.span.column), (3, 1));
    assert!(parse_one(b"a: 1\n---\n", Reader::KustomizeResource, Limits::default()).unwrap().is_some());
}

#[test]
fn keys_keep_their_type_and_order_and_nodes_their_place() {
    let node = read("b: 1\n2: x\ntrue: y\n'3': z\n");
    let keys: Vec<_> =
        node.as_mapping().unwrap().iter().map(|entry| (entry.key.text.as_str(), entry.key.kind)).collect();
    assert_eq!(
        keys,
        [
            ("b", ScalarKind::String),
            ("2", ScalarKind::Int),
            ("true", ScalarKind::Bool),
            ("3", ScalarKind::String)
        ]
    );
    let node = read("a:\n  - b: \"c\"\n    日: [1,  &x 2]\n");
    let place = |node: &Node| (node.span.line, node.span.column);
    let item = &node.get("a").unwrap().as_sequence().unwrap()[0];
    assert_eq!(place(item.get("b").unwrap()), (2, 8));
    let numbers = item.get("日").unwrap().as_sequence().unwrap();
    assert_eq!((place(&numbers[0]), place(&numbers[1])), ((3, 9), (3, 13)));
}

#[test]
fn broken_json_is_refused_where_it_breaks() {
    for (text, line, column) in [
        ("", 1, 1),
        ("{", 1, 2),
        ("[1,]", 1, 4),
        ("{\"a\":1,\n\"a\":2}", 2, 1),
        ("{a:1}", 1, 2),
        ("\"a", 1, 3),
        ("\"\\q\"", 1, 3),
        ("\"a\nb\"", 1, 3),
        ("1 2", 1, 3),
        ("01", 1, 2),
        ("1.", 1, 3),
        ("nul", 1, 1),
        ("[1 2]", 1, 4),
    ] {
        let error = from_json(text).unwrap_err();
        assert_eq!((error.span.line, error.span.column), (line, column), "{text:?}: {}", error.message);
    }
    assert_eq!(from_json(r#""\ud83d\ude00 \ud800 \u00e9""#).unwrap().as_str(), Some("😀 \u{FFFD} é"));
}

#[test]
fn comments_that_may_be_json_are_kept() {
    let text = "a: # {\"b\": 1}\n- c # why\n# {own}\nd: \"# {no}\"\n--- # {skipped}\ne: |\n  # {text}\n";
    let documents = parse(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap();
    let kept: Vec<_> = documents[0].comments.iter().map(|comment| (comment.line, &*comment.text)).collect();
    assert_eq!(kept, [(1, "{\"b\": 1}"), (3, "{own}")]);
    assert!(documents[1].comments.iter().all(|comment| &*comment.text == "{skipped}"));
}

#[test]
fn a_float_keeps_its_sign_through_json() {
    let json = to_json(&read("a: -0.")).unwrap();
    assert_eq!(json, r#"{"a":-0}"#);
    let back = from_json(&json).unwrap();
    assert_eq!(to_json(&back).unwrap(), json);
    assert_eq!(emit(&back, Dialect::Kustomize).unwrap(), emit(&read("a: -0."), Dialect::Kustomize).unwrap());
}
