//! Where configuration, and the fields of objects, are written: plugins see both as JSON and name
//! places in them by keys.

use std::cell::RefCell;
use std::collections::HashMap;

use oarlock_plugin::{Failure, Origin};
use oarlock_yaml::{Document, Node, Reader, Span, Value, parse};

use super::Plan;
use crate::config_file::{self, Budget};
use crate::source::Source;

/// Configuration of a plugin that is not written in `oarlock.yaml`, with the file that has it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The plugin.
    pub plugin: String,
    /// The file, as people know it.
    pub file: String,
    /// What stands there: the plugin's configuration.
    pub node: Node,
}

impl Plan {
    /// A failure of a plugin, or its warning, with the place in a file for one in the configuration
    /// or in an object. What no file has was given on the command line or is a default.
    pub(super) fn locate(&self, fields: &Fields<'_>, plugin: &str, mut failure: Failure) -> Failure {
        if let Some(origin) = failure.origin.take() {
            failure.origin = Some(fields.place(origin));
        }
        if let Some(keys) = failure.origin.as_ref().and_then(Origin::config_keys) {
            let mut written = self.written.iter().rev().filter(|written| written.plugin == plugin);
            let place = |written: &Written| {
                Some(config_file::place(&written.file, find(&written.node, written.node.span, &keys)?))
            };
            failure.origin = written.find_map(place).or_else(|| self.project.locate_config(plugin, &keys));
        }
        failure
    }
}

/// The fields of objects that are written in files of a tree.
pub struct Fields<'t> {
    tree: &'t dyn Source,
    files: RefCell<HashMap<String, Option<File>>>,
}

/// A file, and its objects by the lines and columns where they start.
struct File {
    documents: Vec<Document>,
    objects: HashMap<(u32, u32), (usize, Option<usize>)>,
}

impl<'t> Fields<'t> {
    /// Those of the files of a tree. A file is read when the first of its fields is looked for.
    pub fn new(tree: &'t dyn Source) -> Self {
        Self { tree, files: RefCell::default() }
    }

    /// The place of a field where an origin names one, as [`Origin::within`] makes it: in the
    /// object where it is written as it is, else that of the object.
    pub fn place(&self, origin: Origin) -> Origin {
        let Some((object, keys)) = origin.split_field() else { return origin };
        // A file may be called like that, too.
        if self.tree.stat(&origin.path).is_ok() {
            return origin;
        }
        let mut files = self.files.borrow_mut();
        let file = files.entry(object.path.clone()).or_insert_with(|| File::read(self.tree, &object.path));
        let node = file.as_ref().and_then(|file| file.object(&object));
        match node.and_then(|node| find(node, node.span, &keys)) {
            Some(span) => config_file::place(&object.path, span),
            None => object,
        }
    }
}

impl File {
    fn read(tree: &dyn Source, path: &str) -> Option<Self> {
        let (text, mut budget) = (tree.read(path).ok()?, Budget::for_objects());
        let documents = parse(&text, Reader::ArgoCd, budget.begin(path, &text).ok()?).ok()?;
        documents.iter().try_for_each(|document| budget.charge(path, &document.root)).ok()?;
        let mut objects = HashMap::new();
        for (index, document) in documents.iter().enumerate() {
            let root = &document.root;
            let items = root.get("items").and_then(Node::as_sequence).into_iter().flatten().enumerate();
            objects.extend(items.map(|(item, node)| (start(node), (index, Some(item)))));
            objects.insert(start(root), (index, None));
        }
        Some(Self { documents, objects })
    }

    fn object(&self, origin: &Origin) -> Option<&Node> {
        let (document, item) = self.objects.get(&(origin.line, origin.column))?;
        let root = &self.documents.get(*document)?.root;
        match item {
            Some(item) => root.get("items")?.as_sequence()?.get(*item),
            None => Some(root),
        }
    }
}

fn start(node: &Node) -> (u32, u32) {
    (node.span.line, node.span.column)
}

/// The place of the last of some keys below a node; places in lists are numbers.
pub fn find_field(node: &Node, keys: &[String]) -> Option<Span> {
    find(node, node.span, keys)
}

/// The place of the last of some keys below a node that is itself at a place; places in lists are
/// numbers.
pub(super) fn find(node: &Node, at: Span, keys: &[String]) -> Option<Span> {
    let Some((key, rest)) = keys.split_first() else { return Some(at) };
    match &node.value {
        Value::Mapping(mapping) => {
            let entry = mapping.entry(key)?;
            find(&entry.value, entry.key.span, rest)
        }
        Value::Sequence(items) => {
            let item = items.get(key.parse::<usize>().ok()?)?;
            find(item, item.span, rest)
        }
        Value::Scalar(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::{Limits, parse_one};

    use super::*;

    #[test]
    fn keys_lead_to_lines() {
        let node =
            parse_one(b"a:\n  b:\n  - c: 1\n  - d\n", Reader::Oarlock, Limits::default()).unwrap().unwrap();
        let line = |keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            find(&node, node.span, &keys).map(|span| (span.line, span.column))
        };
        assert_eq!(line(&[]), Some((1, 1)));
        assert_eq!(line(&["a", "b"]), Some((2, 3)));
        assert_eq!(line(&["a", "b", "0", "c"]), Some((3, 5)));
        assert_eq!(line(&["a", "b", "1"]), Some((4, 5)));
        for keys in [&["x"][..], &["a", "b", "2"], &["a", "b", "x"], &["a", "b", "1", "y"]] {
            assert_eq!(line(keys), None, "{keys:?}");
        }
    }
}
