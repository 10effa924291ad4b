//! Texts are texts: what kustomize reads by way of JSON does not turn numbers and truth values into
//! them.

use oarlock_plugin::{Failure, Result, TreePath};
use oarlock_yaml::{Entry, Node, ScalarKind, Span, Value};

use super::origin;

/// Fields that hold truth values or numbers.
const OTHERS: [&str; 11] = [
    "count",
    "create",
    "debug",
    "devel",
    "disableNameSuffixHash",
    "immutable",
    "includeCRDs",
    "includeSelectors",
    "includeTemplates",
    "skipHooks",
    "skipTests",
];

/// Fields below which there may be anything: values of charts.
const FREE: [&str; 2] = ["valuesInline", "valuesLocal"];

/// Refuses numbers and truth values where a text is wanted.
///
/// # Errors
/// At the first that is none.
pub(super) fn check(file: &TreePath, text: &[u8], field: &str, node: &Node) -> Result<()> {
    match &node.value {
        Value::Mapping(mapping) => {
            // Options are truth values and numbers for the most part, and are checked with their
            // type.
            let is_free = |entry: &Entry| {
                FREE.contains(&entry.key.text.as_str())
                    || (field == "options" && entry.value.as_scalar().is_some())
            };
            mapping
                .iter()
                .filter(|entry| !is_free(entry))
                .try_for_each(|entry| check(file, text, &entry.key.text, &entry.value))
        }
        Value::Sequence(nodes) => nodes.iter().try_for_each(|node| check(file, text, field, node)),
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Bool | ScalarKind::Int | ScalarKind::Float if !OTHERS.contains(&field) => {
                Err(Failure::new(format!("`{field}` is a text, not a {}", node.kind_name()))
                    .at(origin(file, node.span))
                    .hint(match spelling(text, node.span) {
                        Some(spelling) => format!("put it in quotes: `\"{spelling}\"`"),
                        None => "put it in quotes".to_owned(),
                    }))
            }
            _ => Ok(()),
        },
    }
}

/// How a number or a truth value is spelled in the file: that is the text which was meant, `1.10`
/// and not 1.1.
fn spelling(text: &[u8], span: Span) -> Option<&str> {
    let line = text.split(|byte| *byte == b'\n').nth((span.line as usize).checked_sub(1)?)?;
    let line = std::str::from_utf8(line).ok()?;
    let (start, _) = line.char_indices().nth((span.column as usize).checked_sub(1)?)?;
    let end = line[start..].find(|char: char| char.is_whitespace() || ",]}".contains(char));
    let spelling = &line[start..end.map_or(line.len(), |end| start + end)];
    // What has a tag, an anchor or quotes is not spelled plainly.
    let is_plain = spelling.starts_with(|char: char| char.is_ascii_alphanumeric() || "+-.".contains(char));
    is_plain.then_some(spelling)
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::{Limits, Reader, parse_one};

    use super::*;

    #[test]
    fn numbers_and_truth_values_have_their_fields() {
        let file = TreePath::new("kustomization.yaml").unwrap();
        for (yaml, expected) in [
            ("images: [{name: a, newTag: 1.0}]", Some("`newTag` is a text, not a number")),
            ("commonLabels: {a: true}", Some("`a` is a text, not a boolean")),
            ("replicas: [{name: a, count: 3}]", None),
            ("labels: [{pairs: {a: b}, includeSelectors: true}]", None),
            ("helmCharts: [{name: a, valuesInline: {b: 1}}]", None),
            ("patches: [{path: a, options: {allowNameChange: true}}]", None),
            ("secretGenerator: [{name: a, options: {immutable: true}}]", None),
            ("secretGenerator: [{name: a, options: {labels: {a: 1}}}]", Some("`a` is a text, not a number")),
        ] {
            let node =
                parse_one(yaml.as_bytes(), Reader::KustomizeField, Limits::default()).unwrap().unwrap();
            assert_eq!(
                check(&file, yaml.as_bytes(), "", &node).err().map(|failure| failure.message).as_deref(),
                expected,
                "{yaml}"
            );
        }
    }
}
