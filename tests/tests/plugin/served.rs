//! A new plugin of each language in Argo CD's sidecar: 64 requests of Argo CD's own client at once.

use std::fmt::Write as _;

use oarlock_tests::argocd::Server;
use oarlock_tests::{Run, Tree, guests, repository};
use serde_json::{Value, json};

use super::{build, run};

/// Requests that the repo-server makes at the same time.
const AT_ONCE: usize = 64;

/// The directory of an Application.
fn directory(number: usize) -> String {
    format!("apps/{number:02}")
}

/// Has a server render as many Applications at once, each by the plugin that `oarlock plugin new`
/// writes, which no request before it has used.
fn serves(language: &str, more: &str) {
    let outer = tempfile::tempdir().unwrap();
    run(&format!("plugin new team-labels --language {language}{more}"), outer.path()).ends_with(0);
    let project = outer.path().join("team-labels");
    if build(&project).is_none() {
        return;
    }
    let tree = Tree::new();
    for number in 0..AT_ONCE {
        let directory = directory(number);
        tree.write(
            &format!("{directory}/app.yaml"),
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-{number}\n"),
        );
        let mut pipeline = String::from("pipeline: [directory, team-labels]\n");
        writeln!(pipeline, "plugins: {{team-labels: {{config: {{team: team-{number}}}}}}}").unwrap();
        tree.write(&format!("{directory}/oarlock.yaml"), pipeline);
    }
    let component = project.join("team-labels.wasm");
    let server = Server::start(&guests::pinned("team-labels", &component));
    let applications: Vec<String> = (0..AT_ONCE).map(directory).collect();
    let load = json!({
        "repository": tree.root(), "count": AT_ONCE, "parallel": AT_ONCE,
        "load": {"applications": applications},
    });
    let Some(answers) = server.ask(&[load]) else { return };
    assert_eq!(answers[0]["failed"], 0, "{language}: {}", answers[0]["error"]);
    assert_eq!(answers[0]["took"].as_array().unwrap().len(), AT_ONCE, "{language}");
    let by_plugins = server.origins().iter().filter(|origin| *origin == "plugins").count();
    assert_eq!(by_plugins, AT_ONCE, "{language}: each was rendered, none was known");

    // What they were answered is what the command line prints.
    for number in [0, AT_ONCE - 1] {
        let asked = server.ask(&[json!({"repository": tree.root(), "application": directory(number)})]);
        let answer = &asked.unwrap()[0];
        let object: Value = serde_json::from_str(answer["manifests"][0].as_str().unwrap()).unwrap();
        assert_eq!(object["metadata"]["labels"]["team"], format!("team-{number}"), "{language}");
        let printed = Run::new("render --output json")
            .arg(directory(number))
            .arg(format!("--plugin=team-labels={}", component.display()))
            .within(&tree)
            .succeeds()
            .stdout;
        assert_eq!(serde_json::from_str::<Vec<Value>>(&printed).unwrap(), [object], "{language}");
    }
}

#[test]
fn rust() {
    serves("rust", &format!(" --sdk {}", repository().display()));
}

#[test]
fn javascript() {
    serves("javascript", "");
}

#[test]
fn python() {
    serves("python", "");
}

#[test]
fn go() {
    serves("go", "");
}
