//! What is said about common mistakes. Each file of `mistakes/` holds a tree and, after it, what a
//! build of `overlay` says.
//!
//! `TRYCMD=overwrite cargo test -p oarlock-kustomize --test mistakes` writes down what is said now.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its cases has to stop")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use oarlock_kustomize::{Options, build};
use oarlock_plugin::{Failure, MemoryHost, TreePath};

/// Between the tree and what is said.
const SAID: &str = "=== is told\n";

#[test]
fn mistakes_are_told_with_place_and_mend() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 30, "only {} mistakes are there", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let (tree, expected) = text.split_once(SAID).unwrap_or((&text, ""));
        let said = said(tree);
        if std::env::var("TRYCMD").is_ok_and(|value| value == "overwrite") {
            fs::write(&path, format!("{tree}{SAID}{said}")).unwrap();
        } else if said != expected {
            wrong.push(format!("{}\n- {expected}\n+ {said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The failures as people read them; every one has a place.
fn said(tree: &str) -> String {
    let files = tree.split("=== ").skip(1).map(|file| file.split_once('\n').unwrap());
    let host = MemoryHost::new(files);
    let Err(failures) = build(&host, &TreePath::new("overlay").unwrap(), &Options::default()) else {
        panic!("this is no mistake:\n{tree}");
    };
    let mut said = String::new();
    for failure in failures.into_vec() {
        assert!(failure.origin.is_some(), "`{failure}` has no place:\n{tree}");
        writeln!(said, "{failure}").unwrap();
        let Failure { hint, notes, .. } = failure;
        if let Some(hint) = hint {
            writeln!(said, "hint: {hint}").unwrap();
        }
        for note in notes {
            writeln!(said, "note: {note}").unwrap();
        }
    }
    said
}
