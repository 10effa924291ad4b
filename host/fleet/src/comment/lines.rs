//! An object that differs → the lines of a diff.

use serde_json::{Map, Value};

use super::escape::{clip, line};
use crate::change::align;
use crate::findings::{ChangeKind, EditKind, FieldReport, ObjectReport};

/// How many equal lines of a text are shown around those that differ.
const CONTEXT: usize = 2;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It was there before.
    Removed,
    /// It is there after.
    Added,
    /// It is the same.
    Same,
}

impl Sign {
    pub(crate) fn character(self) -> char {
        match self {
            Self::Removed => '-',
            Self::Added => '+',
            Self::Same => ' ',
        }
    }
}

/// One line of a diff: printable, without a line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sign: Sign,
    pub(crate) text: String,
}

/// The lines of a diff, and how many there would be more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    pub(crate) list: Vec<Line>,
    pub(crate) more: usize,
    most: usize,
    width: usize,
}

impl Lines {
    /// At most so many lines of so many characters.
    pub(crate) fn new(most: usize, width: usize) -> Self {
        Self { list: Vec::new(), more: 0, most, width }
    }

    fn push(&mut self, sign: Sign, text: &str) {
        if self.list.len() < self.most {
            let text = line(text);
            self.list.push(Line { sign, text: clip(&text, self.width).into_owned() });
        } else {
            self.more += 1;
        }
    }

    /// The lines of an object, without noise.
    pub(crate) fn object(&mut self, object: &ObjectReport) {
        if let Some(manifest) = &object.manifest {
            let sign = if object.change == ChangeKind::Removed { Sign::Removed } else { Sign::Added };
            for text in yaml(manifest).lines() {
                self.push(sign, text);
            }
        }
        self.fields(&object.fields);
    }

    /// The lines of a text that is new.
    #[cfg(feature = "render")]
    pub(crate) fn added(&mut self, text: &str) {
        text.lines().for_each(|line| self.push(Sign::Added, line));
    }

    /// The lines of fields.
    pub(crate) fn fields(&mut self, fields: &[FieldReport]) {
        for field in fields {
            self.field(field);
        }
    }

    fn field(&mut self, field: &FieldReport) {
        let path = &field.path;
        match (field.edit, &field.before, &field.after) {
            (EditKind::Reordered, Some(before), Some(after)) => {
                let list = |value: &Value| {
                    let elements = value.as_array().into_iter().flatten();
                    elements
                        .map(|element| element.as_str().unwrap_or_default())
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                self.push(Sign::Removed, &format!("{path} in order: {}", list(before)));
                self.push(Sign::Added, &format!("{path} in order: {}", list(after)));
            }
            (_, Some(Value::String(before)), Some(Value::String(after)))
                if before.contains('\n') || after.contains('\n') =>
            {
                self.texts(path, before, after);
            }
            (_, before, after) => {
                if let Some(before) = before {
                    self.value(Sign::Removed, path, before);
                }
                if let Some(after) = after {
                    self.value(Sign::Added, path, after);
                }
            }
        }
    }

    fn value(&mut self, sign: Sign, path: &str, value: &Value) {
        let is_nested = match value {
            Value::Object(map) => !map.is_empty(),
            Value::Array(elements) => !elements.is_empty(),
            Value::String(text) => text.contains('\n'),
            _ => false,
        };
        let yaml = yaml(value);
        if !is_nested {
            self.push(sign, &format!("{path}: {}", yaml.trim_end_matches('\n')));
            return;
        }
        let mut lines = yaml.lines();
        let block = if value.is_string() { lines.next().map(|head| format!(" {head}")) } else { None };
        self.push(sign, &format!("{path}:{}", block.unwrap_or_default()));
        let indent = if value.is_string() { "" } else { "  " };
        for text in lines {
            self.push(sign, &format!("{indent}{text}"));
        }
    }

    /// Two texts of several lines.
    fn texts(&mut self, path: &str, before: &str, after: &str) {
        self.push(Sign::Same, &format!("{path}: |"));
        let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
        let mut edits: Vec<(Sign, &str)> = Vec::with_capacity(old.len() + new.len());
        let (mut at_old, mut at_new) = (0, 0);
        for (end_old, end_new) in align(&old, &new).into_iter().chain([(old.len(), new.len())]) {
            edits.extend(old[at_old..end_old].iter().map(|text| (Sign::Removed, *text)));
            edits.extend(new[at_new..end_new].iter().map(|text| (Sign::Added, *text)));
            edits.extend(old.get(end_old).map(|text| (Sign::Same, *text)));
            (at_old, at_new) = (end_old + 1, end_new + 1);
        }
        if before.ends_with('\n') != after.ends_with('\n') {
            let sign = if before.ends_with('\n') { Sign::Removed } else { Sign::Added };
            edits.push((sign, "(a line break at the end)"));
        }
        // A line is shown if one that differs is near.
        let mut shown = vec![false; edits.len()];
        for (index, _) in edits.iter().enumerate().filter(|(_, (sign, _))| *sign != Sign::Same) {
            let end = (index + CONTEXT + 1).min(edits.len());
            shown[index.saturating_sub(CONTEXT)..end].fill(true);
        }
        let mut hidden = 0;
        for ((sign, text), is_shown) in edits.into_iter().zip(shown) {
            if !is_shown {
                hidden += 1;
                continue;
            }
            self.hidden(&mut hidden);
            self.push(sign, &format!("  {text}"));
        }
        self.hidden(&mut hidden);
    }

    fn hidden(&mut self, hidden: &mut usize) {
        if *hidden > 0 {
            self.push(Sign::Same, &format!("  … {}", super::count(*hidden, "equal line")));
        }
        *hidden = 0;
    }
}

/// A value as YAML, its keys sorted; as JSON if YAML cannot hold it.
pub(crate) fn yaml(value: &Value) -> String {
    let sorted = sorted(value);
    let json = sorted.to_string();
    let node = oarlock_yaml::from_json(&json).ok();
    node.and_then(|node| oarlock_yaml::emit(&node, oarlock_yaml::Dialect::HelmPretty).ok()).unwrap_or(json)
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entries = entries.into_iter().map(|(key, value)| (key.clone(), sorted(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(edit: EditKind, before: Option<Value>, after: Option<Value>) -> String {
        let mut lines = Lines::new(100, 60);
        lines.fields(&[FieldReport { path: "p".into(), edit, before, after, noise: None }]);
        let texts = lines.list.iter().map(|line| format!("{}{}", line.sign.character(), line.text));
        texts.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn fields_are_shown_as_lines() {
        for (edit, before, after, expected) in [
            (EditKind::Changed, Some(json!(1)), Some(json!("1")), "-p: 1\n+p: \"1\""),
            (EditKind::Added, None, Some(json!({"b": [1], "a": {}})), "+p:\n+  a: {}\n+  b:\n+    - 1"),
            (EditKind::Removed, Some(json!("a\nb\n")), None, "-p: |\n-  a\n-  b"),
            (EditKind::Removed, Some(json!([])), None, "-p: []"),
            (EditKind::Added, None, Some(Value::Null), "+p: null"),
            (
                EditKind::Reordered,
                Some(json!(["a", "b"])),
                Some(json!(["b", "a"])),
                "-p in order: a, b\n+p in order: b, a",
            ),
            (
                EditKind::Changed,
                Some(json!("1\n2\n3\n4\n5\n6\n")),
                Some(json!("1\n2\n3\n4\nfive\n6\n")),
                " p: |\n   … 2 equal lines\n   3\n   4\n-  5\n+  five\n   6",
            ),
            (
                EditKind::Changed,
                Some(json!("a\n")),
                Some(json!("a")),
                " p: |\n   a\n-  (a line break at the end)",
            ),
            (EditKind::Changed, Some(json!("a")), Some(json!("\u{1b}[2J")), "-p: a\n+p: \"\\e[2J\""),
        ] {
            assert_eq!(shown(edit, before, after), expected);
        }
    }

    #[test]
    fn lines_beyond_the_limit_are_counted() {
        let mut lines = Lines::new(2, 5);
        lines.fields(&[FieldReport {
            path: "path".into(),
            edit: EditKind::Added,
            before: None,
            after: Some(json!([1, 2, 3])),
            noise: None,
        }]);
        assert_eq!((lines.list.len(), lines.more), (2, 2));
        assert_eq!(lines.list[1].text, "  - 1");
    }
}
