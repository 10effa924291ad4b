//! Schemas that an object carries itself: as JSON in a comment beside a field. kyaml takes them
//! before all others.

use std::sync::Arc;

use oarlock_yaml::{Comment, Key, Node, Text, Value, from_json};

/// The schemas in the comments of an object, by the fields they stand beside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes(Option<Arc<[Note]>>);

#[derive(Clone, Debug)]
struct Note {
    key: Text,
    line: u32,
    schema: Node,
}

impl Notes {
    /// Finds the fields that the comments of a document stand beside.
    pub(crate) fn read(object: &Node, comments: &[Comment]) -> Self {
        let mut notes = Vec::new();
        for comment in comments {
            let schema = from_json(&comment.text).ok();
            let schema = schema.filter(|schema| schema.as_mapping().is_some_and(|fields| !fields.is_empty()));
            if let Some(schema) = schema
                && let Some(key) = key_in_line(object, comment.line)
            {
                notes.push(Note { key, line: comment.line, schema });
            }
        }
        Self((!notes.is_empty()).then(|| notes.into()))
    }

    /// The schema beside a field.
    pub(super) fn get(&self, key: &Key) -> Option<&Node> {
        let notes = self.0.as_ref()?;
        notes.iter().find(|note| note.line == key.span.line && note.key == key.text).map(|note| &note.schema)
    }

    /// These and others.
    pub(crate) fn and(&self, others: &Self) -> Self {
        match (&self.0, &others.0) {
            (_, None) => self.clone(),
            (None, _) => others.clone(),
            (Some(one), Some(other)) => Self(Some(one.iter().chain(&**other).cloned().collect())),
        }
    }
}

/// The outermost key that stands in a line.
fn key_in_line(node: &Node, line: u32) -> Option<Text> {
    match &node.value {
        Value::Scalar(_) => None,
        Value::Sequence(elements) => elements.iter().find_map(|element| key_in_line(element, line)),
        Value::Mapping(fields) => fields.iter().find_map(|entry| {
            if entry.key.span.line == line {
                Some(entry.key.text.clone())
            } else {
                key_in_line(&entry.value, line)
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::{Limits, Reader, parse};

    use super::*;

    #[test]
    fn comments_belong_to_the_field_in_their_line() {
        let text =
            "a:\n  b: # {\"type\": \"array\"}\n  - c: 1 # why\nd: x # {}\ne: # {broken\n- f # {\"g\": 1}\n";
        let document =
            parse(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap().remove(0);
        let notes = Notes::read(&document.root, &document.comments);
        let fields = document.root.as_mapping().unwrap();
        let inner = fields.get("a").unwrap().as_mapping().unwrap();
        let found = notes.get(&inner.entry("b").unwrap().key).unwrap();
        assert_eq!(found.get("type").and_then(Node::as_str), Some("array"));
        for name in ["a", "d", "e"] {
            assert!(notes.get(&fields.entry(name).unwrap().key).is_none(), "{name}");
        }
        assert_eq!(notes.and(&Notes::default()).0.unwrap().len(), 1);
    }
}
