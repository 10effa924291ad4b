//! What in a file is a Kubernetes object, and what is something else.

use oarlock_plugin::{Failure, Host, Level, Origin, Result};
use oarlock_yaml::{Limits, Node, ParseError, Reader, Span, documents, from_json};

use crate::encoding;
use crate::walk::{File, Format};

/// Why the rest of a file holds no object.
struct Fault {
    message: String,
    hint: Option<String>,
    span: Span,
}

impl From<ParseError> for Fault {
    fn from(error: ParseError) -> Self {
        Self { message: error.message, hint: error.hint, span: error.span }
    }
}

impl Fault {
    fn into_failure(self, path: &str) -> Failure {
        let origin = Origin::at(path, self.span.line, self.span.column);
        Failure::new(self.message)
            .at(origin)
            .hint(self.hint.unwrap_or_else(|| "if the file is no manifest, `exclude` it".to_owned()))
    }
}

/// The objects of a file.
///
/// A YAML file that holds something else is no fault: directories hold values and settings too. It
/// is one if the file had an object before that, or if it has all the words of a manifest; Argo CD
/// draws the line there.
pub(crate) fn objects(host: &dyn Host, file: &File) -> Result<Vec<Node>> {
    let path = file.path.as_str();
    let text = encoding::text(&file.content);
    let (objects, fault) = match file.format {
        Format::Json => json(&text),
        _ => yaml(file, &text),
    };
    let Some(fault) = fault else { return Ok(objects) };
    let has_words = ["apiVersion:", "kind:", "metadata:"].iter().all(|word| text.contains(word));
    if file.format == Format::Json || !objects.is_empty() || has_words {
        return Err(fault.into_failure(path));
    }
    host.log(Level::Info, &format!("`{path}` holds no manifest and is left out: {}", fault.message));
    Ok(Vec::new())
}

/// A JSON file holds exactly one object.
fn json(text: &str) -> (Vec<Node>, Option<Fault>) {
    match from_json(text) {
        Ok(node) => split_off_fault(vec![node]),
        Err(error) if stream(text).is_some_and(|values| values.len() > 1) => {
            let message = "a JSON file holds one object, and here is a second".to_owned();
            let hint = Some("put each into a file of its own, or name the file `.yaml`".to_owned());
            (Vec::new(), Some(Fault { message, hint, span: error.span }))
        }
        Err(error) => (Vec::new(), Some(error.into())),
    }
}

/// A YAML file holds documents, or JSON objects one after the other: Kubernetes' decoder takes a
/// text that starts with a brace for JSON, and for YAML where that fails.
fn yaml(file: &File, text: &str) -> (Vec<Node>, Option<Fault>) {
    if text.trim_start().starts_with('{')
        && let Some(values) = stream(text)
    {
        return split_off_fault(values);
    }
    let mut roots = Vec::new();
    let read = documents(&file.content, Reader::ArgoCd, Limits::default()).and_then(|documents| {
        for document in documents {
            roots.push(document?.root);
        }
        Ok(())
    });
    let Err(error) = read else { return split_off_fault(roots) };
    // What stands before the broken document still counts, if only to tell that this is a file of
    // manifests.
    let (objects, fault) = split_off_fault(roots);
    (objects, fault.or(Some(error.into())))
}

/// JSON objects one after the other; `None` if the text is anything else.
fn stream(text: &str) -> Option<Vec<Node>> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let mut nodes = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    loop {
        let start =
            text[values.byte_offset()..].find('{').map_or(text.len(), |gap| values.byte_offset() + gap);
        let Some(value) = values.next() else { return Some(nodes) };
        let line = u32::try_from(text[..start].matches('\n').count() + 1).unwrap_or(u32::MAX);
        nodes.push(from_json(&value.ok()?.to_string()).ok()?.with_span(Span { line, column: 1 }));
    }
}

/// The objects up to the first root that is none. Empty documents do not count.
fn split_off_fault(roots: Vec<Node>) -> (Vec<Node>, Option<Fault>) {
    let mut objects = Vec::new();
    for root in roots.into_iter().filter(|root| !root.is_null()) {
        let message = match root.as_mapping() {
            None => format!("a manifest is a mapping, and this is a {}", root.kind_name()),
            Some(mapping) if mapping.get("kind").and_then(Node::as_str).is_none_or(str::is_empty) => {
                "`kind` is missing".to_owned()
            }
            Some(_) => {
                objects.push(root);
                continue;
            }
        };
        return (objects, Some(Fault { message, hint: None, span: root.span }));
    }
    (objects, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_plugin::{MemoryHost, TreePath};

    /// The lines in which objects start, or the failure.
    fn lines(name: &str, content: &str) -> Result<Vec<u32>, String> {
        let path = TreePath::new(name).unwrap();
        let file = File { format: Format::of(name).unwrap(), path, content: content.into() };
        let nodes = objects(&MemoryHost::default(), &file).map_err(|failure| failure.to_string())?;
        Ok(nodes.into_iter().map(|node| node.span.line).collect())
    }

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

    #[test]
    fn yaml_may_hold_other_things_as_long_as_it_holds_no_manifest() {
        assert_eq!(lines("a.yaml", "replicas: 1\n"), Ok(vec![]));
        assert_eq!(lines("a.yaml", "- 1\n- 2\n"), Ok(vec![]));
        assert_eq!(lines("a.yaml", "{{ template }}: [\n"), Ok(vec![]));
        assert_eq!(lines("a.yaml", ""), Ok(vec![]));
        assert_eq!(lines("a.yaml", "# only a comment\n---\n---\nnull\n"), Ok(vec![]));
        assert_eq!(lines("a.yaml", &format!("---\n{POD}---\n# nothing\n---\n{POD}")), Ok(vec![2, 8]));
    }

    #[test]
    fn a_broken_file_of_manifests_is_a_fault() {
        let broken = lines("a.yaml", &format!("{POD}---\nkind: [\n")).unwrap_err();
        assert!(broken.starts_with("a.yaml:"), "{broken}");
        let broken = lines("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: [\n").unwrap_err();
        assert!(broken.starts_with("a.yaml:"), "{broken}");
        assert_eq!(
            lines("a.yaml", &format!("{POD}---\nreplicas: 1\n")),
            Err("a.yaml:5:1: `kind` is missing".to_owned())
        );
        assert_eq!(
            lines("a.yaml", &format!("{POD}---\n- 1\n")),
            Err("a.yaml:5:1: a manifest is a mapping, and this is a list".to_owned())
        );
    }

    #[test]
    fn a_json_file_holds_one_object() {
        let pod = r#"{"apiVersion":"v1","kind":"Pod"}"#;
        assert_eq!(lines("a.json", pod), Ok(vec![1]));
        let two = lines("a.json", &format!("{pod}\n{pod}")).unwrap_err();
        assert!(two.ends_with("a JSON file holds one object, and here is a second"), "{two}");
        assert_eq!(lines("a.json", r#"{"a":1}"#), Err("a.json:1:1: `kind` is missing".to_owned()));
        assert!(lines("a.json", "[]").is_err());
        assert!(lines("a.json", "{").is_err());
        assert!(lines("a.json", "").is_err());
    }

    #[test]
    fn a_yaml_file_may_hold_json_objects_one_after_the_other() {
        let pod = "{\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\"}\n";
        assert_eq!(lines("a.yaml", &format!("{pod}{pod}")), Ok(vec![1, 3]));
    }
}
