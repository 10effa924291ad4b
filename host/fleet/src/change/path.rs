//! Where in an object a field is, printed as people write it: `spec.containers[web].image`.

use std::fmt;

use serde_json::Value;

/// One step from a node of an object to a node below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A field of an object, or an entry of a map.
    Field(String),
    /// An element of a list whose elements are identified by these fields and values. The field of
    /// a scalar element is the empty string. A field that the element lacks is `null`.
    Item(Vec<(String, Value)>),
    /// An element of a list whose elements have no identity: its positions, from 0, before and
    /// after.
    Position {
        /// The position before the change; `None` for an element that was added.
        before: Option<usize>,
        /// The position after the change; `None` for an element that was removed.
        after: Option<usize>,
    },
}

/// The way from the root of an object to one of its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldPath(Vec<Step>);

impl FieldPath {
    /// The steps, from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The names of the fields on the way, without elements of lists.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Item(_) | Step::Position { .. } => None,
        })
    }

    /// The name of the last step if it is a field.
    pub fn last_field(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Field(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether the path begins with these fields.
    pub fn starts_with(&self, fields: &[&str]) -> bool {
        self.0.len() >= fields.len()
            && self
                .0
                .iter()
                .zip(fields)
                .all(|(step, name)| matches!(step, Step::Field(field) if field == name))
    }

    pub(super) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    pub(super) fn steps_mut(&mut self) -> &mut [Step] {
        &mut self.0
    }
}

impl FromIterator<Step> for FieldPath {
    fn from_iter<T: IntoIterator<Item = Step>>(steps: T) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if is_plain(name) => {
                    if index > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(name)?;
                }
                Step::Field(name) => write!(f, "[{}]", Value::from(name.as_str()))?,
                _ => write!(f, "{step}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Position { before, after } => match after.or(*before) {
                Some(position) => write!(f, "[{position}]"),
                None => f.write_str("[]"),
            },
            Self::Item(keys) => {
                f.write_str("[")?;
                let mut first = true;
                for (_, value) in keys.iter().filter(|(_, value)| !value.is_null()) {
                    if !std::mem::take(&mut first) {
                        f.write_str("/")?;
                    }
                    match value {
                        Value::String(text) if is_plain_value(text) => f.write_str(text)?,
                        other => write!(f, "{other}")?,
                    }
                }
                f.write_str("]")
            }
        }
    }
}

/// Whether a field's name needs no quotes between dots.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

/// Whether the value of a merge key needs no quotes between brackets.
fn is_plain_value(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| !c.is_control() && !matches!(c, '[' | ']' | '"' | '\\'))
        && text.trim() == text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_printed_as_people_write_them() {
        let field = |name: &str| Step::Field(name.to_owned());
        let item = |keys: &[(&str, Value)]| {
            Step::Item(keys.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
        };
        for (steps, expected) in [
            (vec![field("spec"), field("replicas")], "spec.replicas"),
            (
                vec![field("containers"), item(&[("name", json!("web"))]), field("image")],
                "containers[web].image",
            ),
            (
                vec![field("ports"), item(&[("containerPort", json!(80)), ("protocol", json!("TCP"))])],
                "ports[80/TCP]",
            ),
            (vec![field("ports"), item(&[("port", json!(80)), ("protocol", Value::Null)])], "ports[80]"),
            (vec![field("metadata"), field("labels"), field("a.b/c")], "metadata.labels[\"a.b/c\"]"),
            (vec![field("a"), item(&[("name", json!("x]\n"))])], "a[\"x]\\n\"]"),
            (vec![field("args"), Step::Position { before: Some(1), after: Some(2) }], "args[2]"),
            (vec![field("args"), Step::Position { before: Some(1), after: None }], "args[1]"),
            (vec![], ""),
        ] {
            assert_eq!(steps.into_iter().collect::<FieldPath>().to_string(), expected);
        }
    }
}
