//! One run reports several mistakes of a file: two misspelt fields are two errors, each with its
//! place.

use oarlock_tests::{Run, Tree};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
const APP: &str = "resources:\n- a.yaml\n";

/// The messages of a render that fails, and the places below them.
fn errors(tree: &Tree, arguments: &str) -> Vec<(String, String)> {
    let ran = Run::new(arguments).within(tree);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let is_error = |line: &&str| line.starts_with("error");
    let place = |line: &&str| line.trim_start().strip_prefix("--> ").map(str::to_owned);
    let starts: Vec<usize> = (0..lines.len()).filter(|index| is_error(&lines[*index])).collect();
    let error = |start: &usize| {
        let below = lines[start + 1..].iter().take_while(|line| !is_error(line)).find_map(place);
        (lines[*start].to_owned(), below.unwrap_or_default())
    };
    starts.iter().map(error).collect()
}

#[track_caller]
fn assert_errors(tree: &Tree, arguments: &str, expected: &[(&str, &str)]) {
    let found = errors(tree, arguments);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((message, place), (start, at)) in found.iter().zip(expected) {
        assert!(message.starts_with(start) && place == at, "{found:#?}");
    }
}

#[test]
fn of_a_kustomization() {
    let tree = Tree::new().file("app/a.yaml", POD).file(
        "app/kustomization.yaml",
        "nameprefx: b-\nimages:\n- name: web\n  newTagg: '1'\nreplicas:\n- name: web\n  count: many\nresurces:\n- a.yaml\n",
    );
    assert_errors(
        &tree,
        "render app",
        &[
            ("error: a kustomization has no field `nameprefx`", "app/kustomization.yaml:1:1"),
            ("error: there is no field `newTagg` here", "app/kustomization.yaml:4:3"),
            ("error: a string where a whole number is expected", "app/kustomization.yaml:7:10"),
            ("error: a kustomization has no field `resurces`", "app/kustomization.yaml:8:1"),
        ],
    );
}

#[test]
fn of_a_kustomization_that_another_names() {
    let tree = Tree::new()
        .file("app/kustomization.yaml", "resources:\n- ../base\n")
        .file("base/kustomization.yaml", "nameprefx: b-\nnamesufix: -b\n");
    assert_errors(
        &tree,
        "render app",
        &[
            ("error: a kustomization has no field `nameprefx`", "base/kustomization.yaml:1:1"),
            ("error: a kustomization has no field `namesufix`", "base/kustomization.yaml:2:1"),
        ],
    );
}

#[test]
fn of_oarlock_yaml() {
    let tree = Tree::new().file("app/kustomization.yaml", APP).file("app/a.yaml", POD);
    tree.write("oarlock.yaml", "pipelin: [auto]\nplugins:\n  vault:\n    confg: {}\n    digest: []\n");
    assert_errors(
        &tree,
        "render app",
        &[
            ("error: unknown field `pipelin`, expected one of", "oarlock.yaml:1:1"),
            ("error: unknown field `confg`, expected one of", "oarlock.yaml:4:5"),
            ("error: `plugins.vault.digest`: invalid type: sequence, expected a string", "oarlock.yaml:5:5"),
        ],
    );
    tree.write(
        "oarlock.yaml",
        "plugins:\n  kustomize:\n    config:\n      reordr: none\n      enableHlm: true\n",
    );
    assert_errors(
        &tree,
        "render app",
        &[
            ("error: configuration of plugin `kustomize`: unknown field `enableHlm`", "oarlock.yaml:5:7"),
            ("error: configuration of plugin `kustomize`: unknown field `reordr`", "oarlock.yaml:4:7"),
        ],
    );
}

#[test]
fn of_an_application() {
    let tree = Tree::new().file("app/kustomization.yaml", APP).file("app/a.yaml", POD).file(
        "application.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\nspec:\n  source:\n    path: app\n    kustomize:\n      namePrefx: a-\n      nameSufix: -a\n",
    );
    assert_errors(
        &tree,
        "render app --application application.yaml",
        &[
            ("error: configuration of plugin `kustomize`: unknown field `namePrefx`", "application.yaml:9:7"),
            (
                "error: configuration of plugin `kustomize`: unknown field `nameSufix`",
                "application.yaml:10:7",
            ),
        ],
    );
}
