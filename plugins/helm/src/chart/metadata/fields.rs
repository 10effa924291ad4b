//! Typed fields of a mapping, read as Go's `encoding/json` reads what `sigs.k8s.io/yaml` hands it.

use oarlock_yaml::{Mapping, Node, ScalarKind, Value as Yaml};

use crate::yaml::YamlError;

/// The fields of a mapping, or none at all.
pub(super) struct Fields<'a> {
    mapping: Option<&'a Mapping>,
    /// The way to the fields in Go's messages.
    way: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of a node that must be a mapping or `null`.
    pub(super) fn of(node: &'a Node, kind: &str, way: &'static str) -> Result<Self, YamlError> {
        match node.as_mapping() {
            None if !node.is_null() => Err(YamlError::mismatch(node, &format!("value of type {kind}"))),
            mapping => Ok(Self { mapping, way }),
        }
    }

    /// The value of a field, `null` counting as none. Names are compared without case; the exact one comes last and wins.
    fn get(&self, name: &str) -> Option<&'a Node> {
        let mapping = self.mapping?;
        let node = mapping.get(name).or_else(|| {
            mapping.iter().find(|entry| entry.key.text.eq_ignore_ascii_case(name)).map(|entry| &entry.value)
        });
        node.filter(|node| !node.is_null())
    }

    fn mismatch(&self, node: &Node, name: &str, kind: &str) -> YamlError {
        YamlError::mismatch(node, &format!("struct field {}.{name} of type {kind}", self.way))
    }

    pub(super) fn text(&self, name: &str, target: &mut String) -> Result<(), YamlError> {
        if let Some(node) = self.get(name) {
            *target = coerced(node).ok_or_else(|| self.mismatch(node, name, "string"))?;
        }
        Ok(())
    }

    pub(super) fn flag(&self, name: &str, target: &mut bool) -> Result<(), YamlError> {
        if let Some(node) = self.get(name) {
            *target = node.as_bool().ok_or_else(|| self.mismatch(node, name, "bool"))?;
        }
        Ok(())
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<&'a [Node]>, YamlError> {
        self.get(name)
            .map(|node| node.as_sequence().ok_or_else(|| self.mismatch(node, name, "[]interface {}")))
            .transpose()
    }

    pub(super) fn texts(&self, name: &str, target: &mut Vec<String>) -> Result<(), YamlError> {
        self.items(name, target, |target, node| match coerced(node) {
            Some(text) => {
                *target = text;
                Ok(())
            }
            None if node.is_null() => Ok(()),
            None => Err(self.mismatch(node, name, "string")),
        })
    }

    /// Reads the items of a list into those that are there already: a second document changes the items of the first one by position.
    pub(super) fn items<T: Default>(
        &self,
        name: &str,
        target: &mut Vec<T>,
        mut read: impl FnMut(&mut T, &Node) -> Result<(), YamlError>,
    ) -> Result<(), YamlError> {
        let Some(items) = self.list(name)? else { return Ok(()) };
        target.resize_with(items.len(), T::default);
        target.iter_mut().zip(items).try_for_each(|(target, node)| read(target, node))
    }

    pub(super) fn text_map(
        &self,
        name: &str,
        target: &mut Option<Vec<(String, String)>>,
    ) -> Result<(), YamlError> {
        let Some(node) = self.get(name) else { return Ok(()) };
        let Some(mapping) = node.as_mapping() else {
            return Err(self.mismatch(node, name, "map[string]string"));
        };
        let entries = mapping.iter().map(|entry| {
            let value = match coerced(&entry.value) {
                Some(text) => text,
                None if entry.value.is_null() => String::new(),
                None => return Err(self.mismatch(&entry.value, name, "string")),
            };
            Ok((entry.key.text.to_string(), value))
        });
        *target = Some(entries.collect::<Result<_, _>>()?);
        Ok(())
    }
}

/// Text, or what `sigs.k8s.io/yaml` makes of a number or truth value where text is wanted.
fn coerced(node: &Node) -> Option<String> {
    match &node.value {
        Yaml::Scalar(scalar) if scalar.kind != ScalarKind::Null => Some(scalar.coerced_text().to_string()),
        _ => None,
    }
}
