//! Objects to manifests: lists fall apart, and what no cluster would take is refused.

use oarlock_plugin::{Failure, Manifest, Origin};
use oarlock_yaml::{Node, Scalar, ScalarKind, Value, to_json};

/// Adds the manifests that an object stands for: the elements of `items` where it has such a list,
/// else itself.
///
/// By the list and not by the kind, as Argo CD goes about it: a `List` with `items: null` is
/// nothing, and so is any object of that shape that has neither `spec` nor `status`.
pub(crate) fn unfold(object: Node, path: &str, manifests: &mut Vec<Manifest>, failures: &mut Vec<Failure>) {
    let mut add = |node: Node| match manifest(node, path) {
        Ok(manifest) => manifests.push(manifest),
        Err(failure) => failures.push(failure),
    };
    match object.get("items") {
        Some(items) if items.as_sequence().is_some() => {
            items.as_sequence().into_iter().flatten().cloned().for_each(add);
        }
        Some(items) if items.is_null() && object.get("spec").is_none() && object.get("status").is_none() => {}
        _ => add(object),
    }
}

fn manifest(mut node: Node, path: &str) -> Result<Manifest, Failure> {
    to_doubles(&mut node);
    let origin = Origin::at(path, node.span.line, node.span.column);
    let at = |failure: Failure| failure.at(origin.clone());
    check(&node).map_err(at)?;
    let json = to_json(&node).map_err(|error| at(Failure::new(error.to_string())))?;
    Ok(Manifest::from_json(json).map_err(at)?.with_origin(Some(origin.clone())))
}

/// Makes whole numbers that 63 bits cannot hold those that a double holds, as Argo CD's way through
/// Go's JSON does.
fn to_doubles(node: &mut Node) {
    match &mut node.value {
        Value::Scalar(scalar) if scalar.kind == ScalarKind::Int && scalar.text.parse::<i64>().is_err() => {
            if let Ok(number) = scalar.text.parse::<f64>() {
                let text = format!("{number}").into();
                *scalar = Scalar { kind: ScalarKind::Float, text, quoted: false };
            }
        }
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter_mut().for_each(to_doubles),
        Value::Mapping(mapping) => mapping.iter_mut().for_each(|entry| to_doubles(&mut entry.value)),
    }
}

/// Rejects what Argo CD would pass on and no cluster would accept.
fn check(node: &Node) -> Result<(), Failure> {
    if node.as_mapping().is_none() {
        return Err(Failure::new(format!("a manifest is a mapping, and this is a {}", node.kind_name())));
    }
    let text = |path: &[&str]| node.at(path).and_then(Node::as_str).filter(|text| !text.is_empty());
    let missing = |field| Failure::new(format!("`{field}` is missing"));
    let kind = text(&["kind"]).ok_or_else(|| missing("kind"))?;
    text(&["apiVersion"]).ok_or_else(|| missing("apiVersion"))?;
    let Some(metadata) = node.get("metadata").filter(|metadata| metadata.as_mapping().is_some()) else {
        return Err(missing("metadata"));
    };
    if text(&["metadata", "name"]).is_some() || text(&["metadata", "generateName"]).is_some() {
        return Ok(());
    }
    Err(match metadata.get("name") {
        Some(name) if !name.is_null() && name.as_str() != Some("") => {
            let shown = name.scalar_text().unwrap_or(name.kind_name());
            Failure::new(format!("`metadata.name` of this `{kind}` is a {}: {shown}", name.kind_name()))
                .hint("put the name in quotes")
        }
        _ => Failure::new(format!("`metadata.name` of this `{kind}` is missing")),
    })
}
