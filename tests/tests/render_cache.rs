//! `--render-cache`: renders of earlier runs, used where nothing that they read has changed.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use oarlock_tests::fleet::OWN;
use oarlock_tests::{Run, Tree};

fn tree() -> Tree {
    Tree::with(&[
        ("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("app/kustomization.yaml", "namePrefix: x-\nresources: [../base]\n"),
        ("other/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n"),
    ])
}

fn run(cache: &Path, arguments: &str) -> Run {
    Run::new(arguments).env("OARLOCK_RENDER_CACHE", cache)
}

fn entries(cache: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(cache).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut entries: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "render")).collect();
    entries.sort();
    entries
}

/// Makes entries look old, so that their use can be seen.
fn age(entries: &[PathBuf]) {
    for entry in entries {
        let old = SystemTime::now() - Duration::from_hours(24);
        File::options().write(true).open(entry).unwrap().set_modified(old).unwrap();
    }
}

fn was_used(entry: &Path) -> bool {
    let modified = fs::metadata(entry).unwrap().modified().unwrap();
    modified > SystemTime::now() - Duration::from_hours(1)
}

#[test]
fn a_render_is_used_until_something_that_it_read_changes() {
    let tree = tree();
    let cache = tree.path("cache/of/renders");
    let first = run(&cache, "render app").within(&tree).succeeds().stdout;
    let [entry] = entries(&cache).try_into().unwrap();
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);

    age(std::slice::from_ref(&entry));
    fs::write(tree.path("other/b.yaml"), "changed: true\n").unwrap();
    run(&cache, "render app").within(&tree).succeeds().prints(&first);
    assert!(was_used(&entry) && entries(&cache).len() == 1, "nothing that was read has changed");

    // A base counts, and so does a file that was looked for and was not there.
    for (path, text) in [
        ("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: changed\n"),
        ("app/oarlock.yaml", "plugins:\n  sync-wave:\n    config:\n      default: 3\n"),
    ] {
        let before = fs::read(tree.path(path)).ok();
        let count = entries(&cache).len();
        fs::write(tree.path(path), text).unwrap();
        let changed = run(&cache, "render app --plugins kustomize").within(&tree);
        let plain = Run::new("render app --plugins kustomize").within(&tree);
        assert_eq!((changed.code, changed.stdout), (plain.code, plain.stdout), "{path}");
        assert!(entries(&cache).len() > count, "{path}");
        match before {
            Some(before) => fs::write(tree.path(path), before).unwrap(),
            None => fs::remove_file(tree.path(path)).unwrap(),
        }
    }

    // Back where it was.
    age(std::slice::from_ref(&entry));
    run(&cache, "render app").within(&tree).succeeds().prints(&first);
    assert!(was_used(&entry));
}

#[test]
fn of_the_configuration_only_what_reaches_the_plugins_counts() {
    let tree = tree().file("facts.yaml", "kubeVersion: 1.34.0\n");
    let cache = tree.path("cache");
    fs::write(tree.path("oarlock.yaml"), "profile: argocd-3.5\n").unwrap();
    let first = run(&cache, "render app").within(&tree).succeeds().stdout;
    for (text, is_same) in [
        ("# a comment\nprofile:   argocd-3.5\n", true),
        ("fleet: {roots: {prod: other}, noise: [a]}\n", true),
        ("remotes: {'https://git.example.com/a/b': other}\n", true),
        ("plugins: {helm: {config: {profile: '3.19'}}}\n", true),
        // It has the same kustomize.
        ("profile: argocd-3.4\n", true),
        ("allowEmpty: true\n", true),
        ("pipeline: [auto, vault, sync-wave]\n", true),
        ("pipeline: [auto, sync-wave]\n", false),
        ("plugins: {kustomize: {config: {loadRestrictor: none}}}\n", false),
        ("facts: facts.yaml\n", false),
    ] {
        age(&entries(&cache));
        let count = entries(&cache).len();
        fs::write(tree.path("oarlock.yaml"), text).unwrap();
        run(&cache, "render app").within(&tree).succeeds().prints(&first);
        let is_used = entries(&cache).iter().any(|entry| was_used(entry));
        assert_eq!((entries(&cache).len(), is_used), (count + usize::from(!is_same), true), "{text}");
    }
    // What is said of a place in such a file would be said of another one.
    let warned = "plugins: {sync-wave: {config: {nope: 1}}}\n";
    fs::write(tree.path("oarlock.yaml"), warned).unwrap();
    let said = run(&cache, "render app").within(&tree);
    fs::write(tree.path("oarlock.yaml"), format!("\n\n{warned}")).unwrap();
    let again = run(&cache, "render app").within(&tree);
    let plain = Run::new("render app").within(&tree);
    assert_eq!((again.code, &again.stderr), (plain.code, &plain.stderr));
    assert_ne!(said.stderr, again.stderr);
}

#[test]
fn what_applicationsets_make_is_used_until_something_that_they_list_changes() {
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all, namespace: argocd}}\nspec:\n  goTemplate: true\n  \
         generators: [{{git: {{repoURL: '{OWN}', directories: [{{path: apps/*}}]}}}}]\n  template:\n    \
         metadata: {{name: '{{{{.path.basename}}}}'}}\n    spec:\n      project: default\n      destination: {{name: in-cluster, namespace: a}}\n      \
         source: {{repoURL: '{OWN}', path: '{{{{.path.path}}}}'}}\n"
    );
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let tree = Tree::new()
        .file("oarlock.yaml", format!("fleet:\n  repository: {OWN}\n  roots: {{all: argocd}}\n"))
        .file("argocd/set.yaml", set)
        .file("apps/one/a.yaml", map)
        .file("other/a.yaml", map);
    let cache = tree.path("cache");
    let apps = || run(&cache, "apps").within(&tree).succeeds().stdout;
    let first = apps();
    assert!(first.contains("Application one"), "{first}");
    let kept = entries(&cache);
    // The set, its Application, and the root.
    assert_eq!(kept.len(), 3);
    age(&kept);
    tree.write("other/b.yaml", map);
    assert_eq!(apps(), first);
    assert!(kept.iter().all(|entry| was_used(entry)) && entries(&cache).len() == 3);
    tree.write("apps/two/a.yaml", map);
    let second = apps();
    assert!(second.contains("Application one") && second.contains("Application two"), "{second}");
    fs::remove_dir_all(tree.path("apps/two")).unwrap();
    assert_eq!(apps(), first);
}

#[test]
fn tasks_are_told_apart() {
    let tree = tree();
    let cache = tree.path("cache");
    let commands = [
        "render app",
        "render base",
        "render app --plugins kustomize",
        "render app --allow-empty",
        "render other --allow-empty",
    ];
    let expected = commands.map(|command| Run::new(command).within(&tree).stdout);
    for round in 0..2 {
        for (command, expected) in commands.iter().zip(&expected) {
            run(&cache, command).within(&tree).succeeds().prints(expected);
        }
        assert_eq!(entries(&cache).len(), commands.len(), "round {round}");
    }
}

#[test]
fn warnings_are_shown_again_and_failures_are_not_kept() {
    let tree = tree();
    let cache = tree.path("cache");
    fs::write(tree.path("app/kustomization.yaml"), "resources: [../base]\nresources: [../base]\n").unwrap();
    let first = run(&cache, "render app").within(&tree).ends_with(0);
    assert!(first.stderr.contains("warning"), "{}", first.stderr);
    age(&entries(&cache));
    let again = run(&cache, "render app").within(&tree).ends_with(0);
    assert_eq!((again.stdout, again.stderr), (first.stdout, first.stderr));
    assert!(was_used(&entries(&cache)[0]));

    fs::write(tree.path("app/kustomization.yaml"), "resources: [../nowhere]\n").unwrap();
    let first = run(&cache, "render app").within(&tree).ends_with(1);
    let again = run(&cache, "render app").within(&tree).ends_with(1);
    assert_eq!(first.stderr, again.stderr);
    assert_eq!(entries(&cache).len(), 1);
}

#[test]
fn what_is_damaged_is_rendered_again() {
    let tree = tree();
    let cache = tree.path("cache");
    let good = run(&cache, "render app").within(&tree).succeeds().stdout;
    let entry = entries(&cache).remove(0);
    let whole = fs::read(&entry).unwrap();
    let mut bent = whole.clone();
    let middle = whole.len() / 2;
    bent[middle] ^= 1;
    let other_version = [b"oarlock render 0\n", &whole[17..]].concat();
    for damage in [&whole[..middle], &[], &bent, &other_version] {
        fs::write(&entry, damage).unwrap();
        run(&cache, "render app").within(&tree).succeeds().prints(&good);
    }
    assert!(entries(&cache).iter().any(|entry| fs::read(entry).unwrap() == whole), "it is kept again");
}

#[test]
fn a_directory_that_others_can_write_to_is_not_used() {
    let tree = tree();
    let cache = tree.path("cache");
    run(&cache, "render app").within(&tree).succeeds();
    let count = entries(&cache).len();
    age(&entries(&cache));
    fs::set_permissions(&cache, Permissions::from_mode(0o777)).unwrap();
    let ran = run(&cache, "render app").within(&tree).ends_with(0);
    assert!(ran.stderr.contains("warning: the render cache"), "{}", ran.stderr);
    assert!(ran.stderr.contains("mode 777"), "{}", ran.stderr);
    assert!(!was_used(&entries(&cache)[0]));
    run(&cache, "render base").within(&tree).ends_with(0);
    assert_eq!(entries(&cache).len(), count);
}

#[test]
fn processes_share_a_directory() {
    let tree = tree();
    let cache = tree.path("cache");
    let expected = Run::new("render -r .").within(&tree).ends_with(0).stdout;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| run(&cache, "render -r .").within(&tree).ends_with(0).prints(&expected));
        }
    });
    age(&entries(&cache));
    run(&cache, "render -r .").within(&tree).ends_with(0).prints(&expected);
    assert!(entries(&cache).iter().any(|entry| was_used(entry)));
}
