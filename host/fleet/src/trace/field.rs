//! The fields of an object, and which of them are meant by a path.

use oarlock_plugin::nearest;
use serde_json::Value;

use crate::change::{FieldPath, Schema, Step, step};

/// A value that holds no others.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'v> {
    /// The way to it, elements of lists by what identifies them.
    pub(super) path: FieldPath,
    /// The same as a JSON pointer.
    pub(super) pointer: String,
    pub(super) value: &'v Value,
    /// Each step as a path may name it: as it is printed, and by its position.
    names: Vec<(String, String)>,
}

/// The fields of an object in their order.
pub(super) fn leaves(object: &Value) -> Vec<Leaf<'_>> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut walk = Walk { steps: Vec::new(), names: Vec::new(), pointer: String::new(), found: Vec::new() };
    walk.value(object, Schema::of_kind(text("apiVersion"), text("kind")));
    walk.found
}

struct Walk<'v> {
    steps: Vec<Step>,
    names: Vec<(String, String)>,
    pointer: String,
    found: Vec<Leaf<'v>>,
}

impl<'v> Walk<'v> {
    fn value(&mut self, value: &'v Value, schema: Schema) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    self.below(Step::Field(key.clone()), key, value, schema.field(key));
                }
            }
            Value::Array(elements) if !elements.is_empty() => {
                let keys = schema.identity(elements, elements);
                for (position, element) in elements.iter().enumerate() {
                    let at = match &keys {
                        Some(keys) => step(element, keys),
                        None => Step::Position { before: Some(position), after: Some(position) },
                    };
                    self.below(at, &position.to_string(), element, schema.elements());
                }
            }
            value => self.found.push(Leaf {
                path: self.steps.iter().cloned().collect(),
                pointer: self.pointer.clone(),
                value,
                names: self.names.clone(),
            }),
        }
    }

    fn below(&mut self, step: Step, key: &str, value: &'v Value, schema: Schema) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&oarlock_model::pointer_part(key));
        let printed = step.to_string();
        let printed = printed.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&printed);
        self.names.push((printed.to_owned(), key.to_owned()));
        self.steps.push(step);
        self.value(value, schema);
        self.steps.pop();
        self.names.pop();
        self.pointer.truncate(length);
    }
}

/// Why a path means no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// It cannot be read.
    #[error("`{0}` is not a path of fields")]
    NotAPath(String),
    /// The object has no such field.
    #[error("there is no field `{path}`")]
    Missing {
        /// What was looked for.
        path: String,
        /// What was probably meant.
        near: Option<String>,
    },
}

impl FieldError {
    /// How to find it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAPath(_) => Some(
                "as `spec.template.spec.containers[app].image`, or `metadata.labels[\"example.com/team\"]`"
                    .into(),
            ),
            Self::Missing { near, .. } => near.as_ref().map(|near| format!("did you mean `{near}`?")),
        }
    }
}

/// The fields at and below a path.
pub(super) fn select<'l, 'v>(leaves: &'l [Leaf<'v>], path: &str) -> Result<Vec<&'l Leaf<'v>>, FieldError> {
    let wanted = split(path).ok_or_else(|| FieldError::NotAPath(path.to_owned()))?;
    let fits = |leaf: &&Leaf<'_>, depth: usize| {
        leaf.names.len() >= depth
            && leaf.names.iter().zip(&wanted[..depth]).all(|((name, key), want)| want == name || want == key)
    };
    let found: Vec<&Leaf<'_>> = leaves.iter().filter(|leaf| fits(leaf, wanted.len())).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let depth = (0..wanted.len()).rev().find(|depth| leaves.iter().any(|leaf| fits(&leaf, *depth)));
    let depth = depth.unwrap_or_default();
    let beside: Vec<(&str, &Leaf<'_>)> = leaves
        .iter()
        .filter(|leaf| fits(leaf, depth))
        .filter_map(|leaf| Some((leaf.names.get(depth)?.0.as_str(), leaf)))
        .collect();
    let near = nearest(&wanted[depth], beside.iter().map(|(name, _)| *name));
    let near = near.and_then(|near| beside.iter().find(|(name, _)| *name == near));
    let near = near.map(|(_, leaf)| leaf.path.steps()[..=depth].iter().cloned().collect::<FieldPath>());
    Err(FieldError::Missing { path: path.to_owned(), near: near.map(|path| path.to_string()) })
}

/// The names in a path: between dots, or in brackets.
fn split(path: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = path.strip_prefix('.').unwrap_or(path);
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (name, behind) = match inner.strip_prefix('"') {
                Some(_) => {
                    let mut stream = serde_json::Deserializer::from_str(inner).into_iter::<String>();
                    let name = stream.next()?.ok()?;
                    (name, inner[stream.byte_offset()..].strip_prefix(']')?)
                }
                None => inner.split_once(']').map(|(name, behind)| (name.to_owned(), behind))?,
            };
            names.push(name);
            rest = behind;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            names.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        if let Some(behind) = rest.strip_prefix('.') {
            if behind.is_empty() {
                return None;
            }
            rest = behind;
        }
    }
    (!names.is_empty() && names.iter().all(|name| !name.is_empty())).then_some(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_mean_fields_by_name_or_position() {
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"labels": {"example.com/team": "a"}},
            "spec": {"template": {"spec": {"containers": [
                {"name": "app", "image": "a:1", "args": ["x", "y"]},
                {"name": "proxy", "image": "b:1"},
            ]}}},
        });
        let leaves = leaves(&object);
        for (path, expected) in [
            ("spec.template.spec.containers[app].image", Ok(vec!["a:1"])),
            (".spec.template.spec.containers[1].image", Ok(vec!["b:1"])),
            ("spec.template.spec.containers.1.image", Ok(vec!["b:1"])),
            ("spec.template.spec.containers[app].args[1]", Ok(vec!["y"])),
            ("spec.template.spec.containers[proxy]", Ok(vec!["proxy", "b:1"])),
            ("metadata.labels[\"example.com/team\"]", Ok(vec!["a"])),
            ("metadata.labels[example.com/team]", Ok(vec!["a"])),
            (
                "spec.template.spec.containers[app].imag",
                Err("did you mean `spec.template.spec.containers[app].image`?"),
            ),
            (
                "spec..x",
                Err(
                    "as `spec.template.spec.containers[app].image`, or `metadata.labels[\"example.com/team\"]`",
                ),
            ),
        ] {
            let found = select(&leaves, path);
            let found = found.map(|found| found.iter().filter_map(|leaf| leaf.value.as_str()).collect());
            let found: Result<Vec<&str>, String> = found.map_err(|error| error.hint().unwrap_or_default());
            assert_eq!(found, expected.map_err(str::to_owned), "{path}");
        }
    }
}
