//! The table of values that are easily misread, against what the real kustomize printed for them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oarlock_yaml::{Dialect, Limits, Reader, emit, from_json, parse_one, to_json};

const TABLE: &str = include_str!("scalars.txt");
const HEAD: &str = "apiVersion: example.com/v1\nkind: Sample\nmetadata:\n  name: sample\n";

/// An input, and what is printed for it; `None` where it is refused.
struct Case {
    input: String,
    printed: Option<String>,
}

fn cases() -> Vec<Case> {
    let entries = TABLE.split("\n\n").filter(|entry| entry.starts_with('>') || entry.starts_with("\n>"));
    let lines = |entry: &str, sign: &str| -> String {
        let lines = entry.split("$\n").filter_map(|line| line.trim_start_matches('\n').strip_prefix(sign));
        lines.flat_map(|line| [line.trim_end_matches('$'), "\n"]).collect()
    };
    entries
        .map(|entry| {
            let refused = entry.trim_end().ends_with("\n!");
            Case { input: lines(entry, "> "), printed: (!refused).then(|| lines(entry, "< ")) }
        })
        .collect()
}

/// The document in which an input was given to kustomize.
fn document(input: &str) -> String {
    let indented =
        input.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") });
    format!("{HEAD}spec:\n{}", indented.collect::<String>())
}

fn print(text: &str, through_json: bool) -> Result<String, String> {
    let node = parse_one(text.as_bytes(), Reader::KustomizeResource, Limits::default())
        .map_err(|error| error.to_string())?;
    let mut node = node.ok_or("no document")?;
    if through_json {
        node = from_json(&to_json(&node).map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())?;
    }
    emit(&node, Dialect::Kustomize).map_err(|error| error.to_string())
}

#[test]
fn values_are_printed_as_by_kustomize() {
    let cases = cases();
    assert!(cases.len() >= 300, "the table has only {} entries", cases.len());
    let mut failures = Vec::new();
    for Case { input, printed } in &cases {
        let text = document(input);
        for through_json in [false, true] {
            match (print(&text, through_json), printed) {
                (Err(_), None) => {}
                (Ok(ours), Some(theirs)) if ours == format!("{HEAD}{theirs}") => {}
                (ours, theirs) => failures.push(format!("{input}kustomize: {theirs:?}\nhere: {ours:?}\n")),
            }
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
