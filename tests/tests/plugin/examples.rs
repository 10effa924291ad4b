//! The plugins of `examples/plugins`: complete projects whose cases pass, each with the files that
//! `oarlock plugin new` writes today.

use std::fs;
use std::path::Path;

use oarlock_tests::{Tree, difference, guests, overwrites, repository};

use super::{build, run};

/// The examples, and the files of a new project that they have as they are. Changed are, in each,
/// the plugin itself, its cases, and its README.
const EXAMPLES: [(&str, &str, &[&str]); 5] = [
    ("pin-images", "rust", &["plugin.yaml", ".gitignore"]),
    ("service-network", "javascript", JAVASCRIPT),
    ("hardened-chart", "javascript", JAVASCRIPT),
    (
        "code-owners",
        "python",
        &["plugin.yaml", ".gitignore", "requirements.txt", "src/main.py", "src/oarlock.py", "wit/plugin.wit"],
    ),
    (
        "flag-maps",
        "go",
        &[
            "plugin.yaml",
            ".gitignore",
            "go.mod",
            "go.sum",
            "wit_exports.go",
            "export_wit_world/exports.go",
            "export_wit_world/empty.s",
            "oarlock/oarlock.go",
            "oarlock_plugin_compose/wit_bindings.go",
            "oarlock_plugin_compose/empty.s",
            "oarlock_plugin_report/wit_bindings.go",
            "oarlock_plugin_report/empty.s",
            "oarlock_plugin_source/wit_bindings.go",
            "oarlock_plugin_source/empty.s",
            "oarlock_plugin_types/wit_bindings.go",
            "oarlock_plugin_types/empty.s",
        ],
    ),
];

const JAVASCRIPT: &[&str] =
    &["plugin.yaml", ".gitignore", "package.json", "src/main.js", "src/oarlock.js", "wit/plugin.wit"];

#[test]
fn examples_have_the_files_of_a_new_project() {
    let folder = repository().join("examples/plugins");
    let outer = tempfile::tempdir().unwrap();
    for (name, language, files) in EXAMPLES {
        run(&format!("plugin new {name} --language {language}"), outer.path()).ends_with(0);
        for file in files {
            let expected = fs::read_to_string(outer.path().join(name).join(file)).unwrap();
            let file = folder.join(name).join(file);
            if overwrites() {
                fs::write(&file, &expected).unwrap();
            }
            let shown = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                shown == expected,
                "{} is not what `oarlock plugin new` writes; `TRYCMD=overwrite` rewrites it\n{}",
                file.display(),
                difference(&expected, &shown)
            );
        }
    }
}

#[test]
fn every_example_is_tested() {
    for entry in fs::read_dir(repository().join("examples/plugins")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_known = EXAMPLES.iter().any(|(known, ..)| *known == name);
        assert!(is_known || name == "hello", "no test builds examples/plugins/{name}");
    }
}

/// Builds an example, in a copy since tools write into the folder of a project, and runs its cases.
fn cases_pass(name: &str) {
    let tree = Tree::new();
    let project = tree.path("project");
    copy(&repository().join("examples/plugins").join(name), &project);
    if name == "pin-images" {
        // Its crate is a member of the workspace, and was built with the tests.
        fs::copy(guests::pin_images(), project.join("pin-images.wasm")).unwrap();
    } else if build(&project).is_none() {
        return;
    }
    let tested = run("plugin test", &project);
    let cases = fs::read_dir(project.join("tests")).unwrap().count();
    assert!(
        tested.stdout.ends_with(&format!("\n{cases} passed, 0 failed\n")),
        "{}{}",
        tested.stdout,
        tested.stderr
    );
}

/// A copy without what tools of an earlier build left behind.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let is_left_behind =
            ["target", "node_modules", ".venv", "__pycache__"].iter().any(|left| name == *left);
        if is_left_behind || entry.path().extension().is_some_and(|extension| extension == "wasm") {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

#[test]
fn pin_images() {
    cases_pass("pin-images");
}

#[test]
fn service_network() {
    cases_pass("service-network");
}

/// It lets the helm plugin render, and works on the result.
#[test]
fn hardened_chart() {
    cases_pass("hardened-chart");
}

#[test]
fn code_owners() {
    cases_pass("code-owners");
}

#[test]
fn flag_maps() {
    cases_pass("flag-maps");
}
