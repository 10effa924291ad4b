//! No `oarlock.yaml` makes reading or merging panic, two readings agree, and a mistake is reported
//! with a place in a file that is there.
//!
//! The input is a small tree: files in one text, each after a line `=== PATH`. What comes before
//! the first such line is the `oarlock.yaml` at the root. The project is that of the directory
//! `a/b`.

use oarlock_engine::pipeline::{Facts, LocatedProject};
use oarlock_engine::source::{Kind, Listing, Metadata, ReadError, Source, TreePath};

use crate::files::files;

/// Checks one input.
pub fn check(text: &str) {
    let tree = Tree(files("oarlock.yaml", text));
    let directory = TreePath::new("a/b").expect("it is a path");
    let load = || LocatedProject::load(&tree, &directory);
    let (first, second) = (load(), load());
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first.project, second.project);
            locate(&tree, &first);
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string());
            for origin in first.as_slice().iter().filter_map(|failure| failure.origin.as_ref()) {
                assert!(tree.file(&origin.path).is_some(), "{first}");
            }
        }
        (first, second) => panic!("{first:?}\n{second:?}"),
    }
    for (path, text) in &tree.0 {
        let parse = || Facts::parse(path, text.as_bytes());
        assert_eq!(parse(), parse());
    }
}

/// Every place that is known lies in one of the files.
fn locate(tree: &Tree, located: &LocatedProject) {
    let project = &located.project;
    let steps = project.pipeline.iter().flatten().filter_map(|step| located.locate_step(step));
    let plugins = project.plugins.keys().flat_map(|plugin| {
        [
            located.locate_config(plugin, &[]),
            located.locate_config(plugin, &["a".to_owned()]),
            located.locate_component(plugin),
        ]
    });
    for origin in steps.chain(plugins.flatten()) {
        let text = tree.file(&origin.path).expect("the file is there");
        assert!(origin.line >= 1 && origin.line as usize <= lines(text), "{origin:?}");
    }
}

/// How many lines a YAML reader counts in a text. A carriage return ends a line as well, and so do
/// Unicode's separators (YAML 1.1, section 4.2).
fn lines(text: &str) -> usize {
    text.replace("\r\n", "\n").split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count()
}

/// A tree of these files.
struct Tree<'a>(Vec<(&'a str, String)>);

impl Tree<'_> {
    fn file(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == path).map(|(_, text)| text.as_str())
    }
}

impl Source for Tree<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.file(path).map(|text| text.as_bytes().to_vec()).ok_or(ReadError::NotFound)
    }

    fn list(&self, _: &str) -> Result<Listing, ReadError> {
        Err(ReadError::NotFound)
    }

    fn stat(&self, path: &str) -> Result<Metadata, ReadError> {
        let size = self.file(path).ok_or(ReadError::NotFound)?.len() as u64;
        Ok(Metadata { kind: Kind::File, path: path.to_owned(), size })
    }
}
