//! Runs every property over the seeds of its fuzz target, and over the corpus that fuzzing left on
//! this machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use oarlock_properties::{
    archive, codec, hpack, http2, kustomization, project, shared_render, strategic_merge, template, values,
};

type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 10] = [
    ("archive", archive::check),
    ("codec", codec::check),
    ("hpack", hpack::check),
    ("http2", http2::check),
    ("kustomization", |bytes| kustomization::check(text(bytes))),
    ("project", |bytes| project::check(text(bytes))),
    ("shared_render", shared_render::check),
    ("strategic_merge", |bytes| strategic_merge::check(text(bytes))),
    ("template", |bytes| template::check(text(bytes))),
    ("values", |bytes| values::check(text(bytes))),
];

/// The text that a fuzzer makes of bytes: as far as they are UTF-8.
fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("it is valid up to there"),
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The files of a directory, or none where there is no such directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the directory can be read").path()).collect();
    files.sort();
    files
}

#[test]
fn every_property_holds_for_its_seeds() {
    for (name, check) in TARGETS {
        let seeds = files(&fuzz().join("seeds").join(name));
        assert!(!seeds.is_empty(), "fuzz/seeds/{name} has no seeds");
        for path in seeds.into_iter().chain(files(&fuzz().join("corpus").join(name))) {
            let bytes = fs::read(&path).expect("the seed can be read");
            // Shown where a property fails.
            eprintln!("{}", path.display());
            check(&bytes);
        }
    }
}

#[test]
fn every_target_has_a_property() {
    let stems = files(&fuzz().join("fuzz_targets"));
    let stems: BTreeSet<_> = stems.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
    assert_eq!(stems, TARGETS.map(|(name, _)| name).into());
}
