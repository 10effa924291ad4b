//! Values files: one or more documents, merged.

use std::borrow::Cow;

use oarlock_go_template::Map;

use super::merge_maps;
use crate::profile::Profile;
use crate::yaml::{self, OddSeparator, YamlError};

/// Reads a values file. Of several documents later ones win, or the first one is all there is.
///
/// # Errors
/// If a document is not YAML, or no mapping.
pub fn read_values(text: &[u8], profile: Profile) -> Result<Map, YamlError> {
    if !profile.merges_documents_of_values() {
        return yaml::read_map(text);
    }
    let mut values = Map::new();
    for document in documents(&normalised(text)) {
        let document = document.map_err(|line| YamlError::separator(line).within(text))?;
        let map = yaml::read_map(document).map_err(|mut error| {
            error.message.insert_str(0, "cannot unmarshal yaml document: ");
            error.within(text)
        })?;
        values = merge_maps(&values, &map);
    }
    Ok(values)
}

/// The text as the Kubernetes `YAMLReader` hands it on: each line ends with a line feed, the last
/// one too.
fn normalised(text: &[u8]) -> Cow<'_, [u8]> {
    let returns = text.contains(&b'\r') && text.windows(2).any(|pair| pair == b"\r\n");
    if !returns && (text.is_empty() || text.ends_with(b"\n")) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 1);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    Cow::Owned(out)
}

/// Cuts where the Kubernetes `YAMLReader` does: at lines with nothing but `---` and perhaps a
/// comment. One before any text stays with it. Documents before one that is cut in an odd way are
/// read first.
fn documents(text: &[u8]) -> Vec<Result<&[u8], OddSeparator>> {
    let mut documents = Vec::new();
    let (mut from, mut at) = (0, 0);
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if let Some(rest) = line.strip_prefix(b"---") {
            let rest = rest.trim_ascii();
            if !rest.is_empty() && rest[0] != b'#' {
                let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
                documents.push(Err(OddSeparator { line, rest: String::from_utf8_lossy(rest).into_owned() }));
                return documents;
            }
            if at > from {
                documents.push(Ok(&text[from..at]));
                from = at + line.len();
            }
        }
        at += line.len();
    }
    if at > from {
        documents.push(Ok(&text[from..]));
    }
    documents
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
            ("", &[]),
        ] {
            let found = documents(text.as_bytes());
            assert_eq!(found, expected.iter().map(|text| Ok(text.as_bytes())).collect::<Vec<_>>(), "{text}");
        }
        let error = read_values(b"a: |\n  x\n---b: 1\n", Profile::V4_1).unwrap_err();
        assert_eq!(error.message, "error reading yaml document: invalid Yaml document separator: b: 1");
    }

    #[test]
    fn lines_end_with_line_feeds() {
        let values = read_values(b"a: |\r\n  x\r\n  y", Profile::V4_1).unwrap();
        assert_eq!(values.get("a").unwrap().as_str().unwrap(), "x\ny\n");
    }

    #[test]
    fn later_documents_win() {
        let values = read_values(b"a: {b: 1, c: 2}\n---\na: {b: 3}\n", Profile::V4_1).unwrap();
        let table = values.get("a").unwrap();
        let table = table.as_map().unwrap();
        assert_eq!(table.len(), 2);
        assert!(matches!(table.get("b"), Some(oarlock_go_template::Value::Float(3.0))));
        assert!(read_values(b"- 1", Profile::V4_1).is_err());
        let first = read_values(b"a: 1\n---\nb: 2\n", Profile::V3_19).unwrap();
        assert!(first.get("a").is_some() && first.get("b").is_none());
    }
}
