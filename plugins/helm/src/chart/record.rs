//! Go's structures, read as `encoding/json` reads what `sigs.k8s.io/yaml` hands it: key by key in
//! the order of their names.

use oarlock_yaml::{Entry, Node, ScalarKind, Value as Yaml};

use crate::profile::Profile;
use crate::yaml::YamlError;

/// A structure of Go's.
pub(super) trait Record: Default {
    /// The package that it is of in Go's messages.
    fn package(profile: Profile) -> &'static str {
        package(profile)
    }
    /// Its name there.
    const NAME: &'static str;
    /// What its fields are called in JSON.
    const FIELDS: &'static [&'static str];

    /// Takes over what one of its fields says.
    fn set(&mut self, field: &Field) -> Result<(), YamlError>;
}

/// A record that lists hold by reference, so that an entry may be `null`.
pub(super) trait Item: Record {
    /// What stands for `null`.
    fn null() -> Self;
}

/// What a document says of a field.
pub(super) struct Field<'a> {
    pub(super) name: &'static str,
    pub(super) node: &'a Node,
    /// The record that the field is in.
    record: &'static str,
    /// The way to the field from the top.
    way: String,
    profile: Profile,
}

/// The package of charts.
fn package(profile: Profile) -> &'static str {
    if profile.before_4() { "chart" } else { "v2" }
}

/// Takes over what a document says; what it does not name stays.
pub(super) fn update<T: Record>(target: &mut T, node: &Node, profile: Profile) -> Result<(), YamlError> {
    update_within(target, node, None, profile)
}

fn update_within<T: Record>(
    target: &mut T,
    node: &Node,
    outer: Option<&Field>,
    profile: Profile,
) -> Result<(), YamlError> {
    if node.is_null() {
        return Ok(());
    }
    let Some(mapping) = node.as_mapping() else {
        let kind = format!("{}.{}", T::package(profile), T::NAME);
        return Err(match outer {
            Some(field) => field.mismatch(node, &kind),
            None => YamlError::mismatch(node, &format!("value of type {kind}")),
        });
    };
    let mut entries: Vec<&Entry> = mapping.iter().collect();
    entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
    for entry in entries {
        let key = entry.key.text.as_str();
        let exact = T::FIELDS.iter().find(|name| **name == key);
        let Some(name) = exact.or_else(|| T::FIELDS.iter().find(|name| name.eq_ignore_ascii_case(key)))
        else {
            continue;
        };
        let way = outer.map_or_else(|| (*name).to_owned(), |outer| format!("{}.{name}", outer.way));
        target.set(&Field { name, node: &entry.value, record: T::NAME, way, profile })?;
    }
    Ok(())
}

impl<'a> Field<'a> {
    fn mismatch(&self, node: &Node, kind: &str) -> YamlError {
        YamlError::mismatch(node, &format!("struct field {}.{} of type {kind}", self.record, self.way))
    }

    pub(super) fn text(&self, target: &mut String) -> Result<(), YamlError> {
        self.one_text(self.node, target)
    }

    pub(super) fn flag(&self, target: &mut bool) -> Result<(), YamlError> {
        if !self.node.is_null() {
            *target = self.node.as_bool().ok_or_else(|| self.mismatch(self.node, "bool"))?;
        }
        Ok(())
    }

    /// The entries of a list of the given type; none for `null`.
    pub(super) fn list(&self, kind: &str) -> Result<&'a [Node], YamlError> {
        if self.node.is_null() {
            return Ok(&[]);
        }
        self.node.as_sequence().ok_or_else(|| self.mismatch(self.node, kind))
    }

    pub(super) fn texts(&self, target: &mut Vec<String>) -> Result<(), YamlError> {
        let nodes = self.list("[]string")?;
        target.resize_with(nodes.len(), String::new);
        target.iter_mut().zip(nodes).try_for_each(|(target, node)| self.one_text(node, target))
    }

    /// Reads entries into those that are there already: a second document changes those of the
    /// first one by position.
    pub(super) fn items<T: Item>(&self, target: &mut Vec<T>) -> Result<(), YamlError> {
        let nodes = self.list(&format!("[]*{}.{}", package(self.profile), T::NAME))?;
        target.resize_with(nodes.len(), T::default);
        for (target, node) in target.iter_mut().zip(nodes) {
            if node.is_null() {
                *target = T::null();
            } else {
                update_within(target, node, Some(self), self.profile)?;
            }
        }
        Ok(())
    }

    pub(super) fn text_map(&self, target: &mut Option<Vec<(String, String)>>) -> Result<(), YamlError> {
        if self.node.is_null() {
            *target = None;
            return Ok(());
        }
        let Some(mapping) = self.node.as_mapping() else {
            return Err(self.mismatch(self.node, "map[string]string"));
        };
        let mut entries: Vec<&Entry> = mapping.iter().collect();
        entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
        let target = target.get_or_insert_default();
        for entry in entries {
            let key = entry.key.text.as_str();
            let mut value = String::new();
            self.one_text(&entry.value, &mut value)?;
            match target.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = value,
                None => target.push((key.to_owned(), value)),
            }
        }
        Ok(())
    }

    /// Text, or what `sigs.k8s.io/yaml` makes of a number or truth value where text is wanted.
    fn one_text(&self, node: &Node, target: &mut String) -> Result<(), YamlError> {
        match &node.value {
            Yaml::Scalar(scalar) if scalar.kind == ScalarKind::Null => {}
            Yaml::Scalar(scalar) => *target = scalar.coerced_text().to_string(),
            _ => return Err(self.mismatch(node, "string")),
        }
        Ok(())
    }
}
