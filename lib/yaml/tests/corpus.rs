//! What kustomize printed is sorted and normalised already: read and printed again it must be the
//! same bytes.
//!
//! The corpus is not part of the repository. `OARLOCK_CONFORMANCE` names its folder.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use oarlock_samples::{conformance, visibly};
use oarlock_yaml::{Dialect, Limits, Reader, emit, from_json, parse, to_json};

/// All YAML files below a folder that are called `expected…` or lie in a folder called `expected`.
fn expected_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && !path.is_symlink() {
            expected_files(&path, files);
        } else if (name.starts_with("expected") || folder.ends_with("expected")) && name.ends_with(".yaml") {
            files.push(path);
        }
    }
}

fn printed(text: &str, through_json: bool) -> String {
    let documents = parse(text.as_bytes(), Reader::KustomizeResource, Limits::default()).unwrap();
    let documents: Vec<String> = documents
        .into_iter()
        .map(|document| {
            let root = if through_json {
                from_json(&to_json(&document.root).unwrap()).unwrap()
            } else {
                document.root
            };
            emit(&root, Dialect::Kustomize).unwrap()
        })
        .collect();
    documents.join("---\n")
}

#[test]
fn printing_what_kustomize_printed_changes_nothing() {
    let Some(corpus) = conformance("kustomize") else { return };
    let mut files = Vec::new();
    expected_files(&corpus, &mut files);
    let mut failures = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        for through_json in [false, true] {
            let again = std::panic::catch_unwind(|| printed(&text, through_json));
            match again {
                Ok(again) if again == text => {}
                Ok(again) => {
                    let line = text.lines().zip(again.lines()).position(|(a, b)| a != b).unwrap_or(0);
                    failures.push(format!("{}:{}: {:?}", file.display(), line + 1, again.lines().nth(line)));
                }
                Err(_) => failures.push(format!("{}: cannot be read or printed", file.display())),
            }
        }
    }
    visibly(&format!("{} files of the conformance corpus printed again", files.len()));
    assert!(files.len() > 100, "the corpus at {} has too few files", corpus.display());
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}
