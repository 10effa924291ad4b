//! The table of readers, cell by cell: what each makes of texts that distinguish them.
//!
//! What is expected was printed by the readers themselves: kyaml v0.21.1, `sigs.k8s.io/yaml`
//! v1.6.0, and the stream decoder of apimachinery v0.34.0.

// The whole file is tests; clippy knows that only of those functions that say so.
#![allow(clippy::unwrap_used)]

use oarlock_yaml::{Limits, Node, Reader, Value, documents, to_json};

/// The document or documents as JSON, and why there are no more.
fn read(text: &str, reader: Reader) -> String {
    let mut found = Vec::new();
    match documents(text.as_bytes(), reader, Limits::default()) {
        Err(error) => found.push(format!("error: {}", error.message)),
        Ok(documents) => found.extend(documents.map(|document| match document {
            Ok(document) => to_json(&sorted(document.root)).unwrap_or_else(|error| format!("error: {error}")),
            Err(error) => format!("error: {}", error.message),
        })),
    }
    found.join(" ; ")
}

/// With keys in order, as Go prints them.
fn sorted(mut node: Node) -> Node {
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for item in items {
                *item = sorted(std::mem::replace(item, Node::null()));
            }
        }
        Value::Mapping(mapping) => {
            let mut entries: Vec<_> = std::mem::take(mapping).into_iter().collect();
            entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
            for entry in &mut entries {
                entry.value = sorted(std::mem::replace(&mut entry.value, Node::null()));
            }
            *mapping = entries.into_iter().collect();
        }
    }
    node
}

const RESOURCE: &[Reader] = &[Reader::KustomizeResource];
const VALUES: &[Reader] = &[Reader::KustomizeValues];
/// Those that read with go-yaml v3.
const V3: &[Reader] = &[Reader::KustomizeResource, Reader::KustomizeValues];
/// Those that read with `sigs.k8s.io/yaml`.
const SIGS: &[Reader] = &[
    Reader::KustomizeField,
    Reader::KustomizeConfiguration,
    Reader::Helm,
    Reader::HelmValues,
    Reader::ArgoCd,
    Reader::Oarlock,
];
const SIGS_LENIENT: &[Reader] = &[Reader::KustomizeField, Reader::Helm, Reader::HelmValues, Reader::ArgoCd];
const SIGS_STRICT: &[Reader] = &[Reader::KustomizeConfiguration, Reader::Oarlock];
/// Those that see the first document alone.
const FIRST: &[Reader] =
    &[Reader::KustomizeField, Reader::KustomizeConfiguration, Reader::KustomizeValues, Reader::Helm];
const KUBERNETES_STREAM: &[Reader] = &[Reader::HelmValues, Reader::ArgoCd];
const OTHER_STREAMS: &[Reader] = &[Reader::KustomizeResource, Reader::Oarlock];

#[test]
fn every_cell_of_the_table() {
    let all = &Reader::ALL[..];
    let v3_and_sigs = |v3, sigs| vec![(V3, v3), (SIGS, sigs)];
    let everywhere = |expected| vec![(all, expected)];
    for (text, cells) in [
        // Scalars.
        (
            "[yes, No, on, OFF, y, N, true, 'yes']",
            v3_and_sigs(
                r#"["yes","No","on","OFF","y","N",true,"yes"]"#,
                r#"[true,false,true,false,true,false,true,"yes"]"#,
            ),
        ),
        ("[017, 0o17, 0x1F, 0b1, 1_000, 1e3, 1.0, .5, 08]", everywhere("[15,15,31,1,1000,1000,1,0.5,8]")),
        (
            "[12345678901234567890, 1e21, 0.1, 123456789.5]",
            everywhere("[12345678901234567890,1e+21,0.1,123456789.5]"),
        ),
        ("[1:30, 12:30:45]", everywhere(r#"["1:30","12:30:45"]"#)),
        ("[2024-01-01]", v3_and_sigs(r#"["2024-01-01T00:00:00Z"]"#, r#"["2024-01-01"]"#)),
        ("[~, null, Null, '']", everywhere(r#"[null,null,null,""]"#)),
        ("[.inf]", everywhere("error: `.inf` is a number that JSON cannot hold")),
        ("[!!str 1, !!int '1', !!binary aGk=, !Ref x]", {
            // kustomize takes a quoted number with a tag for one; here it is said that they
            // contradict each other.
            vec![(SIGS, r#"["1",1,"hi","x"]"#)]
        }),
        // Keys.
        ("{y: 1, No: 2}", v3_and_sigs(r#"{"No":2,"y":1}"#, r#"{"false":2,"true":1}"#)),
        ("{a: {0x10: 1, 1.50: 2}}", vec![(SIGS, r#"{"a":{"1.5":2,"16":1}}"#)]),
        ("{2024-01-01: 1}", vec![(SIGS, r#"{"2024-01-01":1}"#)]),
        ("{~: 1}", vec![(SIGS, "error: `null` cannot be a key")]),
        ("{'<<': 1}", vec![(RESOURCE, "{}"), (SIGS, r#"{"<<":1}"#)]),
        // What kustomize's way through YAML changes.
        (
            "a: >-\n  x\n    y\n  z\n",
            vec![
                (RESOURCE, r#"{"a":"x\n\n  y\nz"}"#),
                (VALUES, r#"{"a":"x\n  y\nz"}"#),
                (SIGS, r#"{"a":"x\n  y\nz"}"#),
            ],
        ),
        (
            "{a: , b}",
            vec![
                (RESOURCE, r#"{"a":"","b":""}"#),
                (VALUES, r#"{"a":null,"b":null}"#),
                (SIGS, r#"{"a":null,"b":null}"#),
            ],
        ),
        (
            "a: >-\r\n  x\r\n    y\r\n",
            vec![
                (RESOURCE, r#"{"a":"x\n\n  y"}"#),
                (VALUES, r#"{"a":"x\n  y"}"#),
                (SIGS, r#"{"a":"x\n  y"}"#),
            ],
        ),
        // The end of the text.
        (
            "a: |\n  x",
            vec![
                (FIRST, r#"{"a":"x"}"#),
                (OTHER_STREAMS, r#"{"a":"x"}"#),
                (KUBERNETES_STREAM, r#"{"a":"x\n"}"#),
            ],
        ),
        // Keys that are there twice.
        ("a: 1\na: 2\n", {
            let twice = "error: the key `a` is set twice: in line 1, column 1 and again in line 2, column 1";
            vec![(V3, twice), (SIGS_STRICT, twice), (SIGS_LENIENT, r#"{"a":2}"#)]
        }),
        ("yes: 1\ntrue: 2\n", {
            let twice =
                "error: the key `true` is set twice: in line 1, column 1 and again in line 2, column 1";
            vec![(SIGS_STRICT, twice), (SIGS_LENIENT, r#"{"true":2}"#)]
        }),
        // Merge keys: what go-yaml v3 merges never wins, what v2 merges wins over what stands
        // before.
        (
            "x: &x {a: 1, b: 2}\nz: {b: 3, <<: *x}\n",
            v3_and_sigs(
                r#"{"x":{"a":1,"b":2},"z":{"a":1,"b":3}}"#,
                r#"{"x":{"a":1,"b":2},"z":{"a":1,"b":2}}"#,
            ),
        ),
        ("x: &x {a: 1, b: 2}\nz: {<<: *x, b: 3}\n", everywhere(r#"{"x":{"a":1,"b":2},"z":{"a":1,"b":3}}"#)),
        // Documents.
        (
            "a: 1\n---\nb: 2\n",
            vec![
                (FIRST, r#"{"a":1}"#),
                (OTHER_STREAMS, r#"{"a":1} ; {"b":2}"#),
                (KUBERNETES_STREAM, r#"{"a":1} ; {"b":2}"#),
            ],
        ),
        (
            "a: 1\n---\nb: [\n",
            vec![
                (FIRST, r#"{"a":1}"#),
                (OTHER_STREAMS, r#"{"a":1} ; error: the text ends where a value is expected"#),
                (KUBERNETES_STREAM, r#"{"a":1} ; error: the text ends where a value is expected"#),
            ],
        ),
        (
            "a: 1\n---\nb: 2\n--- x\n",
            vec![
                (FIRST, r#"{"a":1}"#),
                (OTHER_STREAMS, "error: `--- x` is no document separator"),
                // What stands right before such a line is lost with it.
                (KUBERNETES_STREAM, r#"{"a":1} ; error: `--- x` is no document separator"#),
            ],
        ),
        // What all agree on.
        ("a:\t1", everywhere(r#"{"a":1}"#)),
        ("\u{FEFF}a: 1", everywhere(r#"{"a":1}"#)),
        ("", everywhere("")),
        ("# nothing", everywhere("")),
    ] {
        for (readers, expected) in cells {
            for reader in readers {
                assert_eq!(read(text, *reader), expected, "{text:?} as {reader:?}");
            }
        }
    }
}

#[test]
fn keys_that_are_set_twice_are_told() {
    let told = |text: &str| {
        let documents: Vec<_> = documents(text.as_bytes(), Reader::Helm, Limits::default())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let repeated = documents.iter().flat_map(|document| &document.repeated);
        let line = |it: &oarlock_yaml::Repeated| format!("{} {} {}", it.key, it.first.line, it.second.line);
        repeated.map(line).collect::<Vec<_>>()
    };
    assert_eq!(told("a: 1\nb: {c: 1,\n  c: 2}\na: 3\na: 4\n"), ["c 2 3", "a 1 4", "a 4 5"]);
    // What a merge key brings in is not written there.
    assert_eq!(told("x: &x {a: 1}\ny:\n  a: 2\n  <<: *x\n  b: 1\n  <<: *x\n  b: 2\n"), ["b 5 7"]);
    let many = (0..40).map(|n| format!("k{}: 1\n", n % 20)).collect::<Vec<_>>().concat();
    assert_eq!(told(&many).len(), 20);
}

/// What users read of the table is what the code says.
#[test]
fn the_documentation_shows_the_table() {
    use oarlock_yaml::{Decoder, Documents, Duplicates};
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/yaml.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("<!-- readers -->\n").unwrap();
    let (table, _) = table.split_once("<!-- end -->").unwrap();
    let shown: Vec<Vec<&str>> = table
        .lines()
        .skip(2)
        .map(|row| row.trim_matches('|').split('|').map(str::trim).skip(1).collect())
        .collect();
    let rules: Vec<Vec<&str>> = Reader::ALL
        .iter()
        .map(|reader| {
            let rules = reader.rules();
            vec![
                match rules.decoder {
                    Decoder::GoYaml3 => "go-yaml v3",
                    Decoder::SigsYaml => "sigs.k8s.io/yaml",
                },
                match rules.documents {
                    Documents::First => "the first",
                    Documents::Single => "a single one",
                    Documents::KustomizeStream => "all, cut as by kustomize",
                    Documents::KubernetesStream => "all, cut as by Kubernetes",
                },
                match rules.duplicates {
                    Duplicates::Rejected => "error",
                    Duplicates::LastWins => "the last counts",
                },
                if rules.rewritten { "yes" } else { "no" },
            ]
        })
        .collect();
    assert_eq!(shown, rules);
}
