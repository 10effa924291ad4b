//! Work trees and configuration of other users: ignored as git does, unless the user says
//! otherwise.
//!
//! Only root can give files to others, so without root nothing is tested here, and a line says so.

// Helpers of tests are outside of `#[test]` functions; what cannot be set up should fail right
// there.
use std::os::unix::fs::{MetadataExt, chown, lchown};
use std::path::Path;

use oarlock_tests::{Run, Tree, visibly};

const OTHER: u32 = 12345;

/// An overlay whose base is beside it, and a configuration at the root that has an effect.
fn tree() -> Option<Tree> {
    let tree = Tree::with(&[
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"),
        ("overlay/kustomization.yaml", "resources: [../base]\n"),
        ("alone/kustomization.yaml", "resources: [a.yaml]\n"),
        ("alone/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"),
        ("oarlock.yaml", "plugins:\n  kustomize:\n    config: {namePrefix: prefixed-}\n"),
    ]);
    if std::fs::metadata(tree.root()).unwrap().uid() != 0 {
        visibly("this user is not root and cannot give files away: ownership is not tested");
        return None;
    }
    Some(tree)
}

/// `render` with nothing of git's from the machine.
fn render(directory: &str) -> Run {
    Run::new("render").arg(directory).env("GIT_CONFIG_NOSYSTEM", "1")
}

fn give(path: &Path) {
    lchown(path, Some(OTHER), None).unwrap();
}

fn is_ignored(run: Run, tree: &Tree) {
    let ran = run.within(tree).ends_with(0);
    assert!(ran.stdout.contains("name: a\n"), "{}", ran.stdout);
    let warning = "warning: `<ROOT>` belongs to another user, 12345, so it is not taken for the git work tree around `alone`\n  = note: plugins see that directory alone, and no `oarlock.yaml` above it is read\n  = help: if you trust it, add it by `git config --global --add safe.directory <ROOT>`, or name it by `--root <ROOT>`\n";
    ran.tells(warning);
}

fn is_used(run: Run, tree: &Tree) {
    let ran = run.within(tree).succeeds();
    assert!(ran.stdout.contains("name: prefixed-a\n"), "{}", ran.stdout);
}

#[test]
fn a_work_tree_of_another_user_is_ignored() {
    let Some(tree) = tree() else { return };
    is_used(render("alone"), &tree);
    for given in [".git", "."] {
        let path = tree.path(given);
        give(&path);
        is_ignored(render("alone"), &tree);
        let ran = render("overlay").within(&tree).ends_with(1);
        assert!(ran.stderr.contains("climbs out of the repository"), "{}", ran.stderr);
        let ran = render("alone").arg("--output").arg("json").within(&tree).ends_with(0);
        let message: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(message["severity"], "warning");
        // As for `sudo`, which makes the work tree's owner root.
        is_used(render("alone").env("SUDO_UID", OTHER.to_string()), &tree);
        is_ignored(render("alone").env("SUDO_UID", "12346"), &tree);
        is_used(render("alone").arg("--root").arg("."), &tree);
        chown(path, Some(0), None).unwrap();
    }
}

#[test]
fn gits_own_configuration_makes_it_safe() {
    let Some(tree) = tree() else { return };
    give(&tree.path(".git"));
    let root = tree.root().display().to_string();
    let home = tree.outside().join("home");
    std::fs::create_dir(&home).unwrap();
    let at_home = || render("alone").env("HOME", &home);
    is_ignored(at_home(), &tree);
    for (value, expected) in [
        (root.as_str(), true),
        ("*", true),
        (&format!("{}/*", tree.root().parent().unwrap().display()), true),
        ("/elsewhere", false),
        (&format!("{root}/alone"), false),
        ("*\n\tdirectory =", false),
    ] {
        std::fs::write(home.join(".gitconfig"), format!("[safe]\n\tdirectory = {value}\n")).unwrap();
        if expected { is_used(at_home(), &tree) } else { is_ignored(at_home(), &tree) }
    }
    std::fs::remove_file(home.join(".gitconfig")).unwrap();
    let variables =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", &root)];
    is_used(variables.iter().fold(at_home(), |run, (name, value)| run.env(name, value)), &tree);
    // Not what the work tree says of itself.
    tree.write(".git/config", format!("[safe]\n\tdirectory = {root}\n"));
    is_ignored(at_home(), &tree);
}

#[test]
fn a_configuration_of_another_user_is_ignored() {
    let Some(tree) = tree() else { return };
    give(&tree.path("oarlock.yaml"));
    let ran = render("alone").within(&tree).ends_with(0);
    assert!(ran.stdout.contains("name: a\n"), "{}", ran.stdout);
    ran.tells("warning: `oarlock.yaml` belongs to another user, 12345, so it is not read\n--> oarlock.yaml\n = help: if you trust it, add it by `git config --global --add safe.directory <ROOT>`, or name it by `--root <ROOT>`\n");
    is_used(render("alone").arg("--root").arg("."), &tree);
    let safe =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")];
    is_used(safe.iter().fold(render("alone"), |run, (name, value)| run.env(name, value)), &tree);
    // That of the directory itself is what was asked for.
    std::fs::rename(tree.path("oarlock.yaml"), tree.path("alone/oarlock.yaml")).unwrap();
    is_used(render("alone"), &tree);
}

#[test]
fn the_doctor_says_so() {
    let Some(tree) = tree() else { return };
    give(&tree.path(".git"));
    let ran = Run::new("doctor").env("GIT_CONFIG_NOSYSTEM", "1").within(&tree).ends_with(0);
    assert!(
        ran.stdout.contains("warn  oarlock.yaml: `<ROOT>` belongs to another user, 12345"),
        "{}",
        ran.stdout
    );
}
