//! Which node of a document is meant.

use std::fmt;

use crate::Text;

/// The way from the root of a document to a node.
///
/// ```
/// use oarlock_yaml::edit::Path;
///
/// let path = Path::root().key("spec").key("generators").index(0).item("name", "web").key("image");
/// assert_eq!(path.to_string(), "spec.generators[0][name=web].image");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The value of a key, as the key is spelled.
    Key(Text),
    /// An item of a list, from 0.
    Index(usize),
    /// The one item of a list that is a mapping with this scalar.
    Item {
        /// The key in the item.
        field: Text,
        /// The value of that key, as it is spelled.
        value: Text,
    },
    /// The one item of a list that is this scalar.
    Value(Text),
}

impl Path {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The way to the value of a key.
    #[must_use]
    pub fn key(self, key: impl Into<Text>) -> Self {
        self.step(Step::Key(key.into()))
    }

    /// The way to an item of a list, from 0.
    #[must_use]
    pub fn index(self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// The way to the item of a list that has a field with a value.
    #[must_use]
    pub fn item(self, field: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.step(Step::Item { field: field.into(), value: value.into() })
    }

    /// The way to the item of a list that is a scalar.
    #[must_use]
    pub fn value(self, value: impl Into<Text>) -> Self {
        self.step(Step::Value(value.into()))
    }

    /// The way with one more step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// The steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the document");
        }
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(at) => write!(f, "[{at}]")?,
                Step::Item { field, value } => write!(f, "[{field}={value}]")?,
                Step::Value(value) => write!(f, "[={value}]")?,
            }
        }
        Ok(())
    }
}
