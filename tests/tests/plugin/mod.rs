//! Plugins as their authors make them: from a template to a tested component, in every language
//! whose tools this machine has.
//!
//! Nothing is installed and nothing is fetched: where a tool is missing, one line says so.
//! `OARLOCK_PLUGIN_TOOLS` may name a folder that has `node_modules` and `.venv` with the tools of
//! JavaScript and Python.

mod dev;
mod examples;
mod served;
mod tutorial;

use std::path::{Path, PathBuf};

use oarlock_tests::{Ran, Run, repository, visibly};

fn run(arguments: &str, folder: &Path) -> Ran {
    with_tools(Run::new(arguments)).at(folder)
}

/// A run that finds the tools of this machine, and no registry.
fn with_tools(mut run: Run) -> Run {
    run = run.env("GOPROXY", "off").env("CARGO_NET_OFFLINE", "true");
    for name in
        ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "GOPATH", "GOCACHE", "GOMODCACHE"]
    {
        if let Some(value) = std::env::var_os(name) {
            run = run.env(name, value);
        }
    }
    run
}

/// Builds a plugin, with the tools that are lent to it. `None`, and one line that says why, where a
/// tool is not on this machine.
fn build(project: &Path) -> Option<Ran> {
    for tool in ["node_modules", ".venv"] {
        lend(tool, project);
    }
    let built = run("plugin build", project);
    let lacks_tool = built.stderr.contains("installed")
        || built.stderr.contains("module lookup disabled by GOPROXY=off")
        || built.stderr.contains("you may remove the `--offline` flag");
    if lacks_tool {
        let why = built.stderr.lines().next().unwrap_or_default();
        visibly(&format!("{}: not built here: {why}", project.display()));
        return None;
    }
    Some(built.ends_with(0))
}

/// Gives a project the tools that were installed elsewhere.
fn lend(tool: &str, project: &Path) {
    if let Some(tools) = std::env::var_os("OARLOCK_PLUGIN_TOOLS") {
        let tools = PathBuf::from(tools).join(tool);
        if tools.is_dir() && !project.join(tool).exists() {
            std::os::unix::fs::symlink(tools, project.join(tool)).unwrap();
        }
    }
}

/// Makes, builds and tests a generator. The tutorials do it with a transformer.
fn works(language: &str, more: &str) {
    let outer = tempfile::tempdir().unwrap();
    run(&format!("plugin new my-plugin --language {language} --stage generator{more}"), outer.path())
        .ends_with(0);
    let project = outer.path().join("my-plugin");
    let Some(built) = build(&project) else { return };
    assert!(built.stdout.contains("sha256:") && built.stdout.contains("generator"), "{}", built.stdout);
    let tested = run("plugin test", &project);
    assert!(tested.stdout.ends_with("2 passed, 0 failed\n"), "{}{}", tested.stdout, tested.stderr);

    let inspected = run("plugin inspect my-plugin.wasm --output json", &project).ends_with(0);
    let inspected: serde_json::Value = serde_json::from_str(&inspected.stdout).unwrap();
    assert_eq!(inspected["name"], "my-plugin");
    assert_eq!(inspected["stage"], "generator");
    assert_eq!(inspected["configSchema"]["type"], "object");
    let exports = inspected["exports"].as_array().unwrap();
    assert!(exports.iter().any(|export| export == "render"), "{exports:?}");

    std::fs::write(project.join("tests/first/expected.yaml"), "kind: Pod\n").unwrap();
    let failed = run("plugin test", &project).ends_with(1);
    assert!(failed.stdout.contains("-kind: Pod\n"), "{}", failed.stdout);
    run("plugin test --update", &project).ends_with(0);
    run("plugin test", &project).ends_with(0);
}

#[test]
fn rust() {
    works("rust", &format!(" --sdk {}", repository().display()));
}

#[test]
fn javascript() {
    works("javascript", "");
}

#[test]
fn python() {
    works("python", "");
}

#[test]
fn go() {
    works("go", "");
}

#[test]
fn what_is_missing_is_said_with_the_command_that_installs_it() {
    let outer = tempfile::tempdir().unwrap();
    run("plugin new my-plugin --language python", outer.path()).ends_with(0);
    let ran =
        Run::new("plugin build").env("PATH", "/nonexistent").at(&outer.path().join("my-plugin")).ends_with(2);
    assert!(ran.stderr.contains("componentize-py 0.25.1 is not installed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("run `python3 -m venv .venv"), "{}", ran.stderr);
}

#[test]
fn folders_and_names_that_cannot_be_are_refused() {
    let outer = tempfile::tempdir().unwrap();
    for (arguments, status, expected) in [
        ("plugin build", 2, "no plugin project is here"),
        ("plugin new Team --language go", 2, "`Team` cannot be the name of a plugin"),
        ("plugin new team --language go --sdk .", 2, "`--sdk` has no use"),
        ("plugin inspect nothing.wasm", 2, "`nothing.wasm` is not there"),
    ] {
        let ran = run(arguments, outer.path()).ends_with(status);
        assert!(ran.stderr.contains(expected), "{arguments}: {}", ran.stderr);
    }
    run("plugin new team --language go", outer.path()).ends_with(0);
    let again = run("plugin new team --language go", outer.path()).ends_with(2);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
}
