//! Where in the settings of a step the value is written that the step gave to a field.

use oarlock_plugin::Origin;
use oarlock_yaml::{Node, Value};

use super::{Made, Recorder};

/// Keys under which settings say what they are for, not what they give.
const SELECTING: [&str; 12] = [
    "target",
    "targets",
    "select",
    "reject",
    "source",
    "fieldSpecs",
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "op",
    "options",
];

/// The settings of a step: an entry of a kustomization, or an object of its own.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub recorder: &'a Recorder,
    /// The file that they are in.
    pub file: &'a str,
    pub node: Option<&'a Node>,
}

impl Settings<'_> {
    /// Where the settings themselves are.
    fn own(&self) -> Option<Origin> {
        self.recorder.place(self.file, self.node?.span)
    }

    fn place(&self, node: &Node) -> Option<Origin> {
        self.recorder.place(self.file, node.span)
    }

    /// The first of these keys whose value the new text has.
    pub(crate) fn of_keys(&self, keys: &[&str], made: &Made<'_>) -> Option<Origin> {
        let values = keys.iter().filter_map(|key| self.node?.get(key));
        let mut held = values.filter(|value| {
            value.scalar_text().is_some_and(|text| !text.is_empty() && made.text.contains(text))
        });
        held.next().and_then(|value| self.place(value)).or_else(|| self.own())
    }

    /// The value of a key in one of the mappings at these paths.
    pub(crate) fn of_entries(&self, paths: &[&[&str]], made: &Made<'_>) -> Option<Origin> {
        let mut entries = paths.iter().filter_map(|path| self.node?.at(path));
        let value = entries.find_map(|entries| entries.get(made.key));
        value.and_then(|value| self.place(value)).or_else(|| self.anywhere(made))
    }

    /// The value itself, for settings that are one.
    pub(crate) fn itself(&self) -> Option<Origin> {
        self.own()
    }

    /// The value that the new text most likely comes from: one of the same key, an equal one, the
    /// longest that is a part of it, or a text that it is a part of.
    pub(crate) fn anywhere(&self, made: &Made<'_>) -> Option<Origin> {
        let mut scalars = Vec::new();
        collect(self.node?, "", false, &mut scalars);
        let equal = || scalars.iter().filter(|scalar| scalar.text == made.text);
        let same_key = equal().find(|scalar| scalar.key == made.key);
        let found = same_key.or_else(|| equal().next()).or_else(|| {
            let giving = || scalars.iter().filter(|scalar| !scalar.selects && !scalar.text.is_empty());
            let part = giving().filter(|scalar| made.text.contains(scalar.text));
            let part = part.max_by_key(|scalar| scalar.text.len());
            part.or_else(|| giving().find(|scalar| !made.text.is_empty() && scalar.text.contains(made.text)))
        });
        found.and_then(|scalar| self.place(scalar.node)).or_else(|| self.own())
    }
}

/// A value in settings.
struct Scalar<'n> {
    key: &'n str,
    text: &'n str,
    /// Whether it only says what the settings are for.
    selects: bool,
    node: &'n Node,
}

fn collect<'n>(node: &'n Node, key: &'n str, selects: bool, found: &mut Vec<Scalar<'n>>) {
    match &node.value {
        Value::Scalar(scalar) => found.push(Scalar { key, text: &scalar.text, selects, node }),
        Value::Sequence(elements) => {
            for element in elements {
                collect(element, key, selects, found);
            }
        }
        Value::Mapping(mapping) => {
            for entry in mapping {
                let key = entry.key.text.as_str();
                collect(&entry.value, key, selects || SELECTING.contains(&key), found);
            }
        }
    }
}
