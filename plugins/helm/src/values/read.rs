//! Values files: one or more documents, merged.

use oarlock_go_template::Map;

use super::merge_maps;
use crate::yaml::{self, YamlError};

/// Reads a values file. Of several documents later ones win.
///
/// # Errors
/// If a document is not YAML, or no mapping.
pub fn read_values(text: &[u8]) -> Result<Map, YamlError> {
    let mut values = Map::new();
    for document in documents(text) {
        let map = yaml::read_map(document).map_err(|mut error| {
            error.message.insert_str(0, "cannot unmarshal yaml document: ");
            error
        })?;
        values = merge_maps(&values, &map);
    }
    Ok(values)
}

/// Cuts where the Kubernetes `YAMLReader` does: at lines with nothing but `---` and perhaps a comment. One before any text stays with it.
fn documents(text: &[u8]) -> Vec<&[u8]> {
    let mut documents = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if at > from && is_separator(line) {
            documents.push(&text[from..at]);
            from = at + line.len();
        }
        at += line.len();
    }
    if at > from {
        documents.push(&text[from..]);
    }
    documents
}

fn is_separator(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| {
        let rest = rest.trim_ascii();
        rest.is_empty() || rest[0] == b'#'
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_documents() {
        for (text, expected) in [
            ("a: 1\n", &["a: 1\n"][..]),
            ("---\na: 1\n---\nb: 2\n", &["---\na: 1\n", "b: 2\n"]),
            ("a: 1\n--- # more\nb: 2", &["a: 1\n", "b: 2"]),
            ("a: |\n  x\n---b: 1\n", &["a: |\n  x\n---b: 1\n"]),
            ("", &[]),
        ] {
            let found = documents(text.as_bytes());
            assert_eq!(found, expected.iter().map(|text| text.as_bytes()).collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn later_documents_win() {
        let values = read_values(b"a: {b: 1, c: 2}\n---\na: {b: 3}\n").unwrap();
        let table = values.get("a").unwrap();
        let table = table.as_map().unwrap();
        assert_eq!(table.len(), 2);
        assert!(matches!(table.get("b"), Some(oarlock_go_template::Value::Float(3.0))));
        assert!(read_values(b"- 1").is_err());
    }
}
