//! Bad input: each ends in one clear error with its place, the right status, and an output
//! directory as it was.
//!
//! The messages are in `cases/bad-input`, one file each.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use oarlock_tests::{Run, Tree, golden};

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n";
const APP: &str = "resources:\n- a.yaml\n";

/// Renders `good` and then the broken `app` to the same directory: what is there stays, and nothing
/// is left beside it.
fn fails(name: &str, tree: &Tree, code: i32) {
    tree.write("good/a.yaml", GOOD);
    Run::new("render good --plugins directory -o out").within(tree).succeeds();
    let before = (tree.files("out"), names(tree));
    let ran = Run::new("render app -o out").within(tree);
    assert_eq!(ran.code, Some(code), "{name}\n{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "", "{name}");
    let errors = ran.stderr.lines().filter(|line| line.starts_with("error")).count();
    assert_eq!(errors, 1, "{name}: {}", ran.stderr);
    assert!(before == (tree.files("out"), names(tree)), "{name}: the output directory changed");
    golden(&format!("bad-input/{name}.stderr"), &ran.stderr);
}

fn names(tree: &Tree) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(tree.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn files_that_are_no_manifests() {
    let with_data = |data: &str| format!("{GOOD}data:\n{data}");
    for (name, manifest) in [
        ("cut-in-a-string", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"a".to_owned()),
        ("cut-in-a-list", with_data("  a: [b,")),
        ("duplicate-key", with_data("  colour: blue\n  size: small\n  colour: red\n")),
        ("tab", with_data("\tcolour: blue\n")),
        ("alias-bomb", with_data(&bomb())),
        ("alias-of-nothing", with_data("  a: *gone\n")),
        ("nested-flow", with_data(&format!("  a: {}", "[".repeat(10 << 20)))),
        ("nested-block", "- ".repeat(5 << 20)),
        ("no-mapping", "just text\n".to_owned()),
        ("no-name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n".to_owned()),
        ("metadata-is-text", "apiVersion: v1\nkind: ConfigMap\nmetadata: good\n".to_owned()),
        ("no-kind", "apiVersion: v1\nmetadata:\n  name: good\n".to_owned()),
        ("control-character", with_data("  a: \"\u{1}\"\n")),
    ] {
        fails(name, &Tree::new().file("app/kustomization.yaml", APP).file("app/a.yaml", manifest), 1);
    }
    let latin1 = [with_data("  drink: ").as_bytes(), b"caf\xe9\n"].concat();
    fails("not-utf8", &Tree::new().file("app/kustomization.yaml", APP).file("app/a.yaml", latin1), 1);
}

/// Ten lists of ten aliases each: ten thousand million values.
fn bomb() -> String {
    let first = "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let level = |n: usize| format!("  a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    first + &(1..10).map(level).collect::<String>()
}

#[test]
fn kustomizations_that_cannot_be_built() {
    for (name, kustomization) in [
        ("kustomization-cut", "resources: [a.yaml\n"),
        ("kustomization-unknown-field", "resources:\n- a.yaml\nnameprefx: b-\n"),
        ("kustomization-wrong-type", "resources: a.yaml\n"),
        ("kustomization-wrong-kind", "kind: Deployment\nresources:\n- a.yaml\n"),
        ("missing-file", "resources:\n- b.yaml\n"),
        ("missing-directory", "resources:\n- ../base\n"),
        ("duplicate-resource", "resources:\n- a.yaml\n- ../good-too\n"),
        ("remote-base", "resources:\n- https://github.com/example/base//deploy?ref=v1\n"),
        ("climbs-out", "resources:\n- ../../../../etc/passwd\n"),
        ("absolute-path", "resources:\n- /etc/passwd\n"),
        (
            "generated-from-outside",
            "configMapGenerator:\n- name: stolen\n  files:\n  - ../../../../etc/passwd\n",
        ),
        (
            "patch-without-target",
            "resources:\n- a.yaml\npatches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: god\n    data: {a: b}\n",
        ),
        (
            "json-patch-without-path",
            "resources:\n- a.yaml\npatches:\n- target:\n    kind: ConfigMap\n  patch: |\n    - op: replace\n      path: /data/colour\n      value: red\n",
        ),
        ("patch-is-no-patch", "resources:\n- a.yaml\npatches:\n- patch: text\n"),
    ] {
        let tree = Tree::new().file("app/kustomization.yaml", kustomization).file("app/a.yaml", GOOD);
        fails(name, &tree.file("good-too/kustomization.yaml", APP).file("good-too/a.yaml", GOOD), 1);
    }
}

#[test]
fn kustomizations_that_go_in_circles() {
    let circle = Tree::new().file("app/kustomization.yaml", "resources:\n- ../middle\n");
    let circle = circle.file("middle/kustomization.yaml", "resources:\n- ../base\n");
    fails("cycle", &circle.file("base/kustomization.yaml", "resources:\n- ../app\n"), 1);
    fails("cycle-of-one", &Tree::new().file("app/kustomization.yaml", "resources:\n- .\n"), 1);
}

#[test]
fn links_that_leave_the_tree() {
    let app = || Tree::new().file("app/kustomization.yaml", APP);
    fails("link-to-a-file-outside", &app().link("app/a.yaml", "/etc/passwd"), 1);
    fails("link-to-nothing-outside", &app().link("app/a.yaml", "/etc/there-is-no-such-file"), 1);
    fails("link-to-nothing", &app().link("app/a.yaml", "b.yaml"), 1);
    fails("link-to-itself", &app().link("app/a.yaml", "a.yaml"), 1);
    let base = Tree::new().file("app/kustomization.yaml", "resources:\n- ../base\n");
    std::fs::create_dir(base.outside().join("elsewhere")).unwrap();
    fails("link-to-a-directory-outside", &base.link("base", "../elsewhere"), 1);
    // From the root of the file system, where a link's way differs from its name.
    fails(
        "link-of-a-generator",
        &Tree::new()
            .file("app/kustomization.yaml", "configMapGenerator:\n- name: a\n  files: [a]\n")
            .link("app/a", "../../../../../../../etc/passwd"),
        1,
    );
}

#[test]
fn files_that_are_too_large() {
    let tree = Tree::new().file("app/kustomization.yaml", APP).file("app/a.yaml", "");
    let file = std::fs::File::options().write(true).open(tree.path("app/a.yaml")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    fails("huge-file", &tree, 1);
}

#[test]
fn names_that_are_not_utf8() {
    let tree = Tree::new().file("app/a.yaml", GOOD);
    std::fs::write(tree.path("app").join(OsStr::from_bytes(b"caf\xe9.yaml")), GOOD).unwrap();
    let ran = Run::new("render app --plugins directory").within(&tree).ends_with(0).prints(GOOD);
    golden("bad-input/name-not-utf8.stderr", &ran.stderr);
    std::fs::create_dir(tree.path(".").join(OsStr::from_bytes(b"\xff"))).unwrap();
    Run::new("render")
        .arg(OsStr::from_bytes(b"\xff"))
        .within(&tree)
        .ends_with(2)
        .tells("error: `\u{fffd}` is not UTF-8\n");
}

#[test]
fn directories_that_nothing_renders() {
    const CHART: &str = "apiVersion: v2\nname: chart\nversion: 1.0.0\n";
    const REDIS: &str =
        "dependencies: [{name: redis, version: 1.x, repository: https://charts.example.com}]\n";

    fails("empty-directory", &Tree::new().file("app/notes.txt", "nothing here\n"), 1);
    fails("empty-render", &Tree::new().file("app/kustomization.yaml", "resources: []\n"), 1);
    let chart = Tree::new().file("app/Chart.yaml", format!("{CHART}{REDIS}"));
    fails("chart-dependency", &chart.file("app/templates/a.yaml", GOOD), 1);
    let chart = Tree::new().file("app/Chart.yaml", CHART);
    fails(
        "chart-recursion",
        &chart.file(
            "app/templates/a.yaml",
            "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}\n{{ include \"a\" . }}",
        ),
        1,
    );
}

#[test]
fn places_that_are_not_there() {
    let tree = Tree::with(&[("a.yaml", GOOD)]);
    for (arguments, expected) in [
        ("render nowhere", "error: cannot open `nowhere`: No such file or directory (os error 2)\n"),
        ("render a.yaml", "error: `a.yaml` is not a directory\n"),
        ("render . --root nowhere", "error: cannot open `nowhere`: No such file or directory (os error 2)\n"),
        ("render /etc --root .", "error: `/etc` lies outside the tree `<ROOT>`\n"),
        ("render . -o /proc/nowhere", "error: cannot write `/proc`: No such file or directory (os error 2)"),
        ("render . -o a.yaml", "error: cannot write `<ROOT>/a.yaml`: Not a directory (os error 20)\n"),
    ] {
        let ran = Run::new(arguments).within(&tree).ends_with(2).prints("");
        assert!(ran.stderr.starts_with(expected), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn configuration_that_is_wrong() {
    for (name, path, text) in [
        ("project-cut", "oarlock.yaml", "pipeline: [auto\n"),
        ("project-unknown-field", "oarlock.yaml", "pipelin: [auto]\n"),
        ("project-nested-unknown-field", "app/oarlock.yaml", "plugins:\n  vault:\n    confg: {}\n"),
        ("project-wrong-type", "oarlock.yaml", "pipeline: auto\n"),
        ("project-is-text", "oarlock.yaml", "auto\n"),
        (
            "project-unknown-plugin-field",
            "oarlock.yaml",
            "plugins:\n  kustomize:\n    config:\n      reordr: none\n",
        ),
    ] {
        let tree = Tree::new().file("app/kustomization.yaml", APP).file("app/a.yaml", GOOD);
        // `good` is rendered before, with a configuration of its own.
        tree.write("good/a.yaml", GOOD);
        Run::new("render good --plugins directory -o out").within(&tree).succeeds();
        let before = tree.files("out");
        tree.write(path, text);
        let ran = Run::new("render app -o out").within(&tree).prints("");
        assert_eq!((ran.code, tree.files("out")), (Some(1), before), "{name}: {}", ran.stderr);
        golden(&format!("bad-input/{name}.stderr"), &ran.stderr);
    }
}
