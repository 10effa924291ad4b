//! `-o DIR`: the directory is there as a whole at every moment, whatever is in the way.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
use std::fs;
use std::path::{Path, PathBuf};

use oarlock_tests::{Run, Tree};

const APP: [(&str, &str); 1] = [("app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n")];

fn render(tree: &Tree) -> oarlock_tests::Ran {
    Run::new("render app --root . -o out").within(tree)
}

/// What lies beside the output and belongs to it.
fn beside(tree: &Tree) -> Vec<PathBuf> {
    let entries = fs::read_dir(tree.root()).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with(".oarlock-");
    entries.filter(|path| is_ours(path)).collect()
}

/// Where a run that cannot exchange directories puts the old one aside, as it would be if it was
/// killed at that moment.
fn kill_between_renames(tree: &Tree) {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(b"out");
    let name = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    fs::rename(tree.path("out"), tree.path(&format!(".oarlock-old-{name}"))).unwrap();
}

#[test]
fn what_a_killed_run_put_aside_is_put_back() {
    let tree = Tree::with(&APP);
    render(&tree).succeeds();
    let before = tree.files("out");
    kill_between_renames(&tree);
    // A run that fails before it writes changes nothing; one that cannot write for another reason
    // puts back what was there.
    tree.write("app/a.yaml", "a: [");
    render(&tree).ends_with(1);
    tree.write("app/a.yaml", APP[0].1.replace("name: a", "name: b"));
    Run::new("render --recursive . --root . --plugins directory -o out").within(&tree).ends_with(0);
    assert_eq!(beside(&tree), Vec::<PathBuf>::new());
    assert_eq!(tree.files("out/app").keys().collect::<Vec<_>>(), ["v1_configmap_b.yaml"]);

    // Nothing is lost with an overlay that does not render any more.
    let tree = Tree::with(&[
        ("good/kustomization.yaml", "resources: [a.yaml]\n"),
        ("good/a.yaml", APP[0].1),
        ("bad/kustomization.yaml", "resources: [a.yaml]\n"),
        ("bad/a.yaml", APP[0].1),
    ]);
    let render = || Run::new("render --recursive . --root . -o out").within(&tree);
    render().ends_with(0);
    let whole = tree.files("out");
    assert_ne!(whole, before);
    tree.write("bad/a.yaml", "a: [");
    kill_between_renames(&tree);
    render().ends_with(1);
    assert_eq!(tree.files("out"), whole);
    assert_eq!(beside(&tree), Vec::<PathBuf>::new());
}

#[test]
fn what_is_kept_is_told_where_there_is_something() {
    let tree = Tree::with(&[
        ("good/kustomization.yaml", "resources: [a.yaml]\n"),
        ("good/a.yaml", APP[0].1),
        ("bad/kustomization.yaml", "resources: [gone.yaml]\n"),
    ]);
    let last = || {
        let ran = Run::new("render --recursive . --root . -o out").within(&tree).ends_with(1);
        ran.stderr.lines().last().unwrap().to_owned()
    };
    assert_eq!(last(), "  failed: bad");
    // Written by an earlier run, but not of this directory.
    assert_eq!(last(), "  failed: bad");
    tree.write("bad/gone.yaml", APP[0].1);
    Run::new("render --recursive . --root . -o out").within(&tree).ends_with(0);
    fs::remove_file(tree.path("bad/gone.yaml")).unwrap();
    assert_eq!(last(), "  failed: bad, what an earlier run wrote of it is kept");
    assert_eq!(tree.files("out/bad").len(), 1);
}

#[test]
fn long_names_of_objects_are_names_of_files() {
    let name = |end: &str| format!("{}{end}", "n".repeat(253));
    let object = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
    let tree = Tree::with(&[("app/a.yaml", &format!("{}---\n{}", object(&name("a")), object(&name("b"))))]);
    render(&tree).succeeds();
    let first = tree.files("out");
    let names: Vec<&String> = first.keys().filter(|name| name.starts_with("v1_configmap_nnn")).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.len() <= 255 && name.strip_suffix(".yaml").is_some()), "{names:?}");
    render(&tree).succeeds();
    assert_eq!(tree.files("out"), first);
}

#[test]
fn what_is_not_known_any_more_is_kept() {
    let overlay = "resources: [a.yaml]\n";
    let tree = Tree::with(&[
        ("good/kustomization.yaml", overlay),
        ("good/a.yaml", APP[0].1),
        ("typo/kustomization.yaml", overlay),
        ("typo/a.yaml", APP[0].1),
        ("full/overlay/kustomization.yaml", overlay),
        ("full/overlay/a.yaml", APP[0].1),
    ]);
    let render = || Run::new("render --recursive . --root . -o out").within(&tree);
    render().ends_with(0).tells("rendered 3 of 3\n");
    let whole = tree.files("out");
    // With such a configuration nobody knows whether the directory is to be rendered.
    tree.write("typo/oarlock.yaml", "pipelin: [auto]\n");
    let ran = render().ends_with(1);
    assert!(
        ran.stderr.ends_with("rendered 2 of 3\n  failed: typo, what an earlier run wrote of it is kept\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(tree.files("out"), whole);
    // More names than are listed.
    for number in 0..=100_000 {
        fs::write(tree.path(&format!("full/{number}")), "").unwrap();
    }
    let ran = render().ends_with(1);
    assert!(ran.stderr.contains("error: `full` has more than 100000 entries"), "{}", ran.stderr);
    assert!(ran.stderr.contains("= note: so nothing below it is rendered"), "{}", ran.stderr);
    assert_eq!(tree.files("out"), whole);
}
