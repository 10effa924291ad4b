//! Manifests as text.

use oarlock_yaml::{Dialect, EmitError, Node, emit_to, from_json, to_json};

use super::{Format, WriteError, threads};
use crate::manifest::Manifest;

/// The manifests as one text. Several threads write a large one.
///
/// # Errors
/// If a manifest holds what the format cannot.
pub fn to_text(manifests: &[Manifest], format: Format) -> Result<String, WriteError> {
    let separator = match format {
        Format::Yaml => "---\n",
        Format::Json => ",\n",
    };
    let bytes: usize = manifests.iter().map(|manifest| manifest.json.len()).sum();
    let parts = split(manifests, bytes, threads::worth(bytes));
    let written = threads::each(parts, |part| objects_text(part, format, separator))?;
    let text = joined(written, separator);
    Ok(match format {
        Format::Yaml => text,
        Format::Json if manifests.is_empty() => "[\n]\n".to_owned(),
        Format::Json => format!("[\n{text}\n]\n"),
    })
}

/// Manifests in a number of parts of about the same size, none of them empty.
fn split(manifests: &[Manifest], bytes: usize, count: usize) -> Vec<&[Manifest]> {
    let mut parts = Vec::with_capacity(count);
    let (mut begun, mut size) = (0, 0);
    for (index, manifest) in manifests.iter().enumerate() {
        size += manifest.json.len();
        if size * count >= bytes && index + 1 < manifests.len() {
            parts.push(&manifests[begun..=index]);
            (begun, size) = (index + 1, 0);
        }
    }
    parts.push(&manifests[begun..]);
    parts
}

/// Texts with a separator between them.
fn joined(texts: Vec<String>, separator: &str) -> String {
    let all = texts.iter().map(|text| text.len() + separator.len()).sum::<usize>();
    let mut texts = texts.into_iter();
    let mut joined = texts.next().unwrap_or_default();
    joined.reserve_exact(all.saturating_sub(joined.len()));
    for text in texts {
        joined.push_str(separator);
        joined.push_str(&text);
    }
    joined
}

/// Manifests with a separator between them.
fn objects_text(manifests: &[Manifest], format: Format, separator: &str) -> Result<String, WriteError> {
    let json: usize = manifests.iter().map(|manifest| manifest.json.len()).sum();
    // Indentation makes YAML longer than JSON. Room that is not used costs nothing.
    let mut text = String::with_capacity(json * 2);
    for (index, manifest) in manifests.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        write_object(&parse(manifest)?, format, &mut text)?;
        if format == Format::Json {
            text.truncate(text.trim_end().len());
        }
    }
    Ok(text)
}

/// An object as a tree.
pub(super) fn parse(manifest: &Manifest) -> Result<Node, WriteError> {
    from_json(&manifest.json).map_err(|error| WriteError::Unwritable {
        object: "a manifest".to_owned(),
        reason: error.to_string(),
    })
}

/// One object with a line end.
pub(super) fn object_text(node: &Node, format: Format) -> Result<String, WriteError> {
    let mut text = String::new();
    write_object(node, format, &mut text)?;
    Ok(text)
}

/// Adds an object with a line end to a text.
fn write_object(node: &Node, format: Format, text: &mut String) -> Result<(), WriteError> {
    let fail =
        |error: EmitError| WriteError::Unwritable { object: describe(node), reason: error.to_string() };
    match format {
        Format::Yaml => emit_to(node, Dialect::Kustomize, text).map_err(fail),
        Format::Json => {
            text.push_str(&to_json(node).map_err(fail)?);
            text.push('\n');
            Ok(())
        }
    }
}

pub(super) fn text_at<'a>(node: &'a Node, path: &[&str]) -> &'a str {
    node.at(path).and_then(Node::scalar_text).unwrap_or("")
}

fn describe(node: &Node) -> String {
    format!("{} {}", text_at(node, &["kind"]), text_at(node, &["metadata", "name"]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::threads::WORTH_A_THREAD;
    use super::*;

    fn manifests(sizes: &[usize]) -> Vec<Manifest> {
        let manifest = |(index, size): (usize, &usize)| Manifest {
            json: format!(r#"{{"kind":"ConfigMap","n":{index},"data":"{}"}}"#, "x".repeat(*size)),
            origin: None,
        };
        sizes.iter().enumerate().map(manifest).collect()
    }

    #[test]
    fn many_threads_write_what_one_writes() {
        assert_eq!(to_text(&[], Format::Yaml).unwrap(), "");
        assert_eq!(to_text(&[], Format::Json).unwrap(), "[\n]\n");
        for sizes in [&[10][..], &[10, 20], &[WORTH_A_THREAD; 20], &[10, 9 * WORTH_A_THREAD, 10, 10]] {
            let manifests = manifests(sizes);
            let yaml = objects_text(&manifests, Format::Yaml, "---\n").unwrap();
            assert_eq!(to_text(&manifests, Format::Yaml).unwrap(), yaml);
            let json = objects_text(&manifests, Format::Json, ",\n").unwrap();
            assert_eq!(to_text(&manifests, Format::Json).unwrap(), format!("[\n{json}\n]\n"));
        }
    }

    #[test]
    fn threads_have_the_stack_for_what_nests_as_deep_as_it_may() {
        let depth = oarlock_yaml::Limits::default().depth - 1;
        let json = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let manifests = vec![Manifest { json, origin: None }; 1_000];
        for format in [Format::Yaml, Format::Json] {
            to_text(&manifests, format).unwrap();
        }
    }

    #[test]
    fn the_first_manifest_that_cannot_be_written_is_the_error() {
        let mut manifests = manifests(&[WORTH_A_THREAD; 12]);
        for (index, json) in [(4, "{"), (9, "[")] {
            json.clone_into(&mut manifests[index].json);
        }
        let error = to_text(&manifests, Format::Yaml).unwrap_err();
        let expected = to_text(&manifests[4..5], Format::Yaml).unwrap_err();
        assert_eq!(error.to_string(), expected.to_string());
    }

    proptest! {
        #[test]
        fn parts_are_all_in_order_and_not_empty(
            sizes in proptest::collection::vec(0_usize..200, 1..30),
            count in 1_usize..9,
        ) {
            let manifests = manifests(&sizes);
            let bytes = manifests.iter().map(|manifest| manifest.json.len()).sum();
            let parts = split(&manifests, bytes, count);
            prop_assert!(parts.len() <= count && parts.iter().all(|part| !part.is_empty()));
            prop_assert_eq!(parts.concat(), manifests);
        }
    }
}
