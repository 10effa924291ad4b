//! How the static binary copies and compares memory, against the system's functions.

use std::path::Path;
use std::process::Command;

use oarlock_samples::visibly;

#[test]
fn the_static_binary_copies_and_compares_as_the_system_does() {
    if !cfg!(target_arch = "x86_64") || Command::new("cc").arg("--version").output().is_err() {
        visibly("no compiler of C for x86-64, so the static binary's functions are not tested");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("memory-check");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("native/memory_check.c");
    let flags = ["-O3", "-fno-builtin", "-fno-tree-loop-distribute-patterns", "-o"];
    let compiled = Command::new("cc").args(flags).args([&program, &source]).status().unwrap();
    assert!(compiled.success());
    let checked = Command::new(&program).output().unwrap();
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && text.ends_with("comparisons are equal\n"), "{text}");
}
