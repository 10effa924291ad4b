//! What is read at once is what is read by way of events, places and limits included.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use oarlock_samples::{conformance, visibly};
use proptest::prelude::*;

use super::super::load::Loader;
use super::super::text;
use super::*;
use crate::{ParseError, Reader};

/// Whether a text is read at once, by each reader.
fn is_read(text: &str, limits: Limits) -> [bool; Reader::ALL.len()] {
    Reader::ALL.map(|reader| is_read_by(reader, text, limits))
}

/// Whether a reader reads a text at once. What it reads is the same as by way of events.
fn is_read_by(reader: Reader, text: &str, limits: Limits) -> bool {
    let mut left = limits.nodes;
    let Some(document) = read(text, 7, reader.rules(), limits, &mut left) else {
        assert_eq!(left, limits.nodes, "{reader:?} counts what it gives up: {text:?}");
        return false;
    };
    let (by_events, left_by_events) = by_events(reader, text, limits);
    let by_events = by_events.unwrap_or_else(|error| panic!("{reader:?} refuses {text:?}: {error}"));
    // Equality would pass over places and quotes.
    assert_eq!(format!("{:?}", Some(document)), format!("{by_events:?}"), "{reader:?}: {text:?}");
    assert_eq!(left, left_by_events, "{reader:?}: {text:?}");
    true
}

/// The document, and how many more nodes there may be.
fn by_events(reader: Reader, text: &str, limits: Limits) -> (Result<Option<Document>, ParseError>, usize) {
    let mut left = limits.nodes;
    let document = Loader::new(text, 7, reader.rules(), limits, &mut left).load();
    (document, left)
}

const LIMITS: Limits = Limits { depth: 8, nodes: 60 };

#[test]
fn blocks_are_read() {
    for text in [
        "a: 1\n",
        "a: b",
        "---\na: b\n",
        "--- # c\na: b\n",
        "\n\n  # c\n  a: b\n  c: d\n",
        "a:\nb:\n  c:\n  d: ~\n",
        "a:\n- b\n- c: d\n  e: f\n-\n- - g\n  - h\nz:\n  - i\n  -\n",
        "- a\n- b: c\n",
        "a:\n  b\n",
        "a:\n\n  # c\n  - b # d\n\n",
        "a: b # {c\n#{\"d\": 1}\n### {\"e\": 1}  \nf: # {\"g\": 1}\n  h: 1\n",
        "a: b c#d e:f -g ? h, [i] {j} & * ! | > % @ `\n",
        "a: b  \n",
        "a b: c\na  b : c\n",
        "a: -b\nc: ?d\ne: :f\n-g: h\n?i: j\n:k: l\n",
        "'a': 'b'\n\"c\": \"d\"\n",
        "a: 'b ''c'' d'\ne: \"f\\n\\x41\"\n",
        "a: 'b\n  c'\nd: \"e\n\n  f\" # g\n",
        "a: b\n  c\n\n  d\ne: f\n",
        "a: b\n  c # d\ne: f\n",
        "- a\n  b\n- c\n",
        "a: |\n  b\n   c\n\nd: >-\n  e\n  f\n\n\n  g\nh: |+\n  i\n\n# c\nj: |2\n   k\n",
        "a: >\n  b\n   * c\n   * d\n  e\n",
        "- |\n  a\n- >\n  b\n",
        "a: []\nb: {} # c\n- []\n".split_at(12).0,
        "a: []\nb: {} # c\nd:\n- []\n- {}\n",
        "a: [ ]\nb: { } # c\n",
        "a: [b, 'c', \"d: e\"] # f\ng:\n- [ -h , /i/* , 1.5 , 2001-01-01 ]\n- ['2001-01-01 10:00:00', j-k]\n",
        "[a, b]\n",
        "a: é—日本 \u{FEFF}b\nc: “d”\n",
        "a: yes\nb: 0x1F\nc: 1e3\nd: 2001-01-01\ne: null\nf: ~\ng: 017\nh: '1'\n",
        "1: a\ntrue: b\n2001-01-01: c\n1.5: d\n",
        "a: b\n---\nc: [",
        "a: b\n...\nc: [",
        "a: '---'\nb: |\n  ---\n",
        "a: b\n\n\n",
        "\"a\n",
        "a",
        "a\n  b\nc\n",
        "|\n a\n",
    ] {
        let expected = !text.starts_with("\"a\n");
        assert_eq!(is_read(text, LIMITS), [expected; Reader::ALL.len()], "{text:?}");
    }
}

#[test]
fn everything_else_is_left() {
    for text in [
        "",
        "# a\n",
        "---\n",
        "...\na: b\n",
        "--- a\n",
        "--- |\n a\n",
        "%YAML 1.1\n---\na: b\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !!str 1\n",
        "a: [b, [c]]\n",
        "a: [b: c]\n",
        "a: [b c]\n",
        "a: [b,]\n",
        "a: [,]\n",
        "a: [b\n",
        "a: [b,\n  c]\n",
        "a: ['b\n  c', d]\n",
        "a: [b] c\n",
        "a: [\"b\"c]\n",
        "a: [-, b]\n",
        "a: [*b]\n",
        "a: [~, b]\n",
        "a: ['é', b]\n",
        "a: {b: c}\n",
        "[a]: b\n",
        "{a: b}\n",
        "[]: a\n",
        "? a\n: b\n",
        "<<: a\n",
        "'<<': a\n",
        "a: <<\n",
        "a: b: c\n",
        "a: - b\n",
        "a: b\n  c: d\n",
        "a:\n    b: c\n  d: e\n",
        "a: b\nc\n",
        "a: b\n- c\n",
        "- a\nb: c\n",
        "- a\n b\n- c: d\n e: f\n",
        "  a: b\nc: d\n",
        "a:\tb\n",
        "\ta: b\n",
        "a:\n\tb: c\n",
        "a: b\tc\n",
        "a: 'b' c\n",
        "a: 'b\n",
        "a: \"\\q\"\n",
        "é: a\n",
        "a: \u{2028}b\n",
        "a: b\u{85}c\n",
        "a: b\rc: d\n",
        "a: @b\n",
        "a: %b\n",
        "a: `b\n",
        "a: |x\n  b\n",
        "a: b\n  c\n  d: e\n",
        "'a\n  b': c\n",
        "\"\\x61\": b\n",
    ] {
        assert_eq!(is_read(text, LIMITS), [false; Reader::ALL.len()], "{text:?}");
    }
    let long = format!("{}: a\n", "k".repeat(SIMPLE_KEY));
    assert_eq!(is_read(&long, LIMITS), [true; Reader::ALL.len()]);
    assert_eq!(is_read(&format!("k{long}"), LIMITS), [false; Reader::ALL.len()]);
}

/// The most characters that a key may have.
const SIMPLE_KEY: usize = 1024;

#[test]
fn what_readers_differ_in_is_left_by_some() {
    let by = |text: &str, readers: fn(Rules) -> bool| {
        let expected = Reader::ALL.map(|reader| readers(reader.rules()));
        assert_eq!(is_read(text, LIMITS), expected, "{text:?}");
    };
    by("a: 1\na: 2\n", |rules| rules.duplicates == crate::Duplicates::LastWins);
    for odd in ["a: .inf\n", "null: a\n", "~: a\n", "9223372036854775808: a\n"] {
        by(odd, |rules| rules.decoder == Decoder::GoYaml3);
    }
}

#[test]
fn limits_are_kept() {
    let all = |expected| [expected; Reader::ALL.len()];
    for (text, nodes, depth) in
        [("a:\n  b:\n  - c\n", 6, 3), ("- - - a\n", 4, 3), ("a: []\n", 3, 2), ("a: [b]\n", 4, 2)]
    {
        assert_eq!(is_read(text, Limits { depth, nodes }), all(true), "{text:?}");
        assert_eq!(is_read(text, Limits { depth, nodes: nodes - 1 }), all(false), "{text:?}");
        assert_eq!(is_read(text, Limits { depth: depth - 1, nodes }), all(false), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4_096, ..ProptestConfig::default() })]

    #[test]
    fn both_ways_agree(lines in prop::collection::vec((0_usize..5, prop::sample::select(vec![
        "a:", "b: c", "b: c d", "'e': f", "\"g h\": 'i'", "- j", "-", "- - k", "- l: m", "n", "'o'", "\"p", "q: |", "r: >-", "s: |+",
        "- |2", "t: 'u", "v'", "", "# w", "# {\"x\": 1}", "y: # z", "a: []", "- {}", "- [", "a: [b, 'c', 1]", "- ['d' ,e ]", "a: [~]", "a: [b c]", "a: [2001-01-01]", "a: { }", "a: [.inf, null]", "- a # b", "b: :", "- -", "a : b",
        "-a", "a: <<", "é: ü", "é", "a: é # {", "---", "...", "a: ~", "1: 2", "a: .inf", "b:\tc", "a: &b", "? a", "- ", "a:  ",
        "text that goes on", "http://a:1/#b", "a: b: c", "a: 'b' c", "]", "\u{2028}", "c: \"d\\", "a:#b", "%a",
    ])), 0..10)) {
        let lines: Vec<String> = lines.iter().map(|(indent, line)| " ".repeat(*indent) + line).collect();
        let text = lines.join("\n") + "\n";
        is_read(&text, LIMITS);
        is_read(text.trim_end_matches('\n'), LIMITS);
    }
}

/// All YAML files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn both_ways_agree_on_the_conformance_corpus() {
    // Two decoders, all rules about duplicates, written again and not.
    let readers = [Reader::KustomizeResource, Reader::KustomizeConfiguration, Reader::Helm];
    for part in ["kustomize", "helm/cases", "helm/charts"] {
        let Some(folder) = conformance(part) else { continue };
        let mut found = Vec::new();
        files(&folder, &mut found);
        let (mut all, mut at_once) = (0, 0);
        for file in found {
            let bytes = fs::read(file).unwrap();
            let Ok(text) = text::decode(&bytes) else { continue };
            let (pieces, _) = text::split_as_kubernetes(&text);
            for piece in pieces {
                let piece = &text[piece.range];
                let is_read = readers.map(|reader| is_read_by(reader, piece, Limits::default()));
                let is_read = is_read.contains(&true);
                // Templates are no YAML.
                if is_read || by_events(Reader::Helm, piece, Limits::default()).0.is_ok_and(|it| it.is_some())
                {
                    all += piece.len();
                    at_once += if is_read { piece.len() } else { 0 };
                }
            }
        }
        let percent = at_once * 100 / all;
        visibly(&format!("{percent} % of the YAML in {part} is read at once"));
        assert!(all > 1_000_000 && percent >= 80, "{at_once} of {all} bytes");
    }
}
