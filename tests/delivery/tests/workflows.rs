//! What is said of workflows without running them.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use oarlock_delivery::{has_tools, repository, run, text, tool};
use serde_json::Value;

use crate::yaml;

/// The workflows of this repository, those that users copy, and those of the example.
fn workflows() -> Vec<String> {
    let mut files = Vec::new();
    for directory in [".github/workflows", "ci/github", "examples/gitops/.github/workflows"] {
        for entry in fs::read_dir(repository().join(directory)).unwrap() {
            files.push(format!("{directory}/{}", entry.unwrap().file_name().to_string_lossy()));
        }
    }
    files.sort();
    assert!(files.len() >= 3, "{files:?}");
    files
}

const ACTIONS: [&str; 2] = ["action.yml", "ci/comment/action.yml"];

fn scripts() -> Vec<String> {
    let mut files = vec!["ci/comment/comment.sh".to_owned()];
    for entry in fs::read_dir(repository().join("ci")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if std::path::Path::new(&name).extension().is_some_and(|extension| extension == "sh") {
            files.push(format!("ci/{name}"));
        }
    }
    files.sort();
    files
}

/// A checker has nothing to say of these files.
fn is_clean(name: &str, arguments: &[&str], files: &[String]) {
    if !has_tools(&[name], "what it checks is not checked") {
        return;
    }
    let mut command = Command::new(tool(name).unwrap());
    let (code, out, err) = run(command.args(arguments).args(files).current_dir(repository()));
    assert_eq!(code, 0, "{name}\n{out}{err}");
}

#[test]
fn actionlint_finds_nothing() {
    is_clean("actionlint", &["-no-color"], &workflows());
}

#[test]
fn zizmor_finds_nothing() {
    let files: Vec<String> = workflows().into_iter().chain(ACTIONS.map(str::to_owned)).collect();
    is_clean("zizmor", &["--offline", "--no-progress", "--color=never"], &files);
}

#[test]
fn shellcheck_finds_nothing() {
    is_clean("shellcheck", &[], &scripts());
}

#[test]
fn scripts_can_be_executed() {
    use std::os::unix::fs::PermissionsExt as _;
    for script in scripts() {
        let mode = fs::metadata(repository().join(&script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
        assert!(text(&script).starts_with("#!/bin/sh\n"), "{script}");
    }
}

/// Every `uses` of other people's actions, with the file that it is in.
fn uses() -> Vec<(String, String)> {
    let files = workflows().into_iter().chain(ACTIONS.map(str::to_owned));
    let mut uses = Vec::new();
    for file in files {
        for line in text(&file).lines() {
            let line = line.trim_start().trim_start_matches("- ");
            if let Some(action) = line.strip_prefix("uses: ")
                && !action.starts_with("./")
                && !action.starts_with("oarlock/oarlock")
            {
                uses.push((file.clone(), action.to_owned()));
            }
        }
    }
    uses
}

#[test]
fn actions_of_others_are_pinned_by_digest() {
    let mut pins: BTreeMap<String, String> = BTreeMap::new();
    for (file, action) in uses() {
        let (name, pin) = action.split_once('@').unwrap_or_else(|| panic!("{file}: {action}"));
        let (digest, version) =
            pin.split_once(" # ").unwrap_or_else(|| panic!("{file}: {action} names no version"));
        assert!(
            digest.len() == 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{file}: {action}"
        );
        assert!(version.starts_with('v'), "{file}: {action}");
        // `actions/cache/restore` and `actions/cache/save` are of one repository.
        let repository = name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        let known = pins.entry(repository).or_insert_with(|| pin.to_owned());
        assert_eq!(known, pin, "{file}: two versions of one action");
    }
    assert!(pins.len() >= 3, "{pins:?}");
}

#[test]
fn no_workflow_gives_a_stranger_our_rights() {
    for file in workflows() {
        let workflow = yaml(&file);
        // For a reader of YAML 1.1 the key `on` is true.
        let events = workflow.get("on").unwrap_or(&workflow["true"]);
        assert!(!events.is_null(), "{file}");
        assert!(events.get("pull_request_target").is_none() && events != "pull_request_target", "{file}");
        assert!(!workflow["permissions"].is_null(), "{file} takes the permissions of the repository");
        if events.get("pull_request").is_some() {
            let all = text(&file);
            assert!(!all.contains("secrets."), "{file} runs for forks, and names a secret");
            assert!(!all.contains(": write"), "{file} runs for forks, and may write");
        }
        if events.get("workflow_run").is_some() {
            assert!(!text(&file).contains("checkout"), "{file} checks something out");
        }
    }
}

#[test]
fn nothing_of_an_event_is_in_a_script() {
    // `${{ … }}` in `run` is pasted into the script, whatever it holds.
    for file in workflows().into_iter().chain(ACTIONS.map(str::to_owned)) {
        let mut within: Option<usize> = None;
        for (number, line) in text(&file).lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            if within.is_some_and(|run| indent <= run && !line.trim().is_empty()) {
                within = None;
            }
            if line.trim_start().trim_start_matches("- ").starts_with("run:") {
                within = Some(indent);
            }
            assert!(within.is_none() || !line.contains("${{"), "{file}:{}: {line}", number + 1);
        }
    }
}

#[test]
fn caches_of_renders_are_written_on_the_default_branch_alone() {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let uses = |step: &&Value, what: &str| step["uses"].as_str().is_some_and(|name| name.starts_with(what));
    let restored: Vec<_> = steps.iter().filter(|step| uses(step, "actions/cache/restore@")).collect();
    let saved: Vec<_> = steps.iter().filter(|step| uses(step, "actions/cache/save@")).collect();
    let (&[restored], &[saved]) = (&restored[..], &saved[..]) else { panic!("{restored:?} {saved:?}") };
    assert!(
        !steps.iter().any(|step| uses(&step, "actions/cache@")),
        "this one writes at the end of every job"
    );
    assert_eq!(restored["with"]["path"], saved["with"]["path"]);
    assert_eq!(restored["with"]["key"], saved["with"]["key"]);
    assert!(restored["if"].is_null());
    assert_eq!(
        saved["if"],
        "github.event_name == 'push' && github.ref_name == github.event.repository.default_branch"
    );

    let template = yaml("ci/gitlab.yml");
    let policy = |job: &str| template[job]["cache"]["policy"].as_str().map(str::to_owned);
    assert_eq!(policy("oarlock-diff").as_deref(), Some("pull"));
    assert_eq!(policy("oarlock-renders").as_deref(), Some("pull-push"));
    assert!(policy(".oarlock").is_none() && policy("oarlock-comment").is_none());
    assert_eq!(
        template["oarlock-renders"]["rules"][0]["if"],
        "$CI_PIPELINE_SOURCE == \"push\" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
    );
}

#[test]
fn recipes_name_this_version() {
    let manifest = text("Cargo.toml");
    let version =
        manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"')).unwrap();
    let action = yaml("action.yml");
    assert_eq!(action["inputs"]["version"]["default"], version);
    assert_eq!(yaml("ci/gitlab.yml")["variables"]["OARLOCK_VERSION"], version);
    for file in ["ci/gitlab.yml", "ci/github/oarlock-diff.yml", "ci/github/oarlock-comment.yml"] {
        let text = text(file);
        let named: Vec<&str> = text.split(['@', '/']).filter_map(|part| part.strip_prefix('v')).collect();
        let named = named.iter().filter(|part| part.starts_with(|first: char| first.is_ascii_digit()));
        let named: Vec<&str> = named.map(|part| part.split_whitespace().next().unwrap()).collect();
        assert!(!named.is_empty() && named.iter().all(|name| *name == version), "{file}: {named:?}");
    }
}
