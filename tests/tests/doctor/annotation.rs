//! The law of the annotation: a commit to a file that the render depends on concerns the
//! Application, by Argo CD's own rule.

use std::fs;

use oarlock_tests::argocd::rules;
use oarlock_tests::{Run, Tree, repository};
use serde_json::json;

use super::{application, json_of, told};

#[test]
fn whatever_changes_the_render_concerns_the_application() {
    for directory in
        ["components/ua/messages/overlays/prod", "components/infra/rabbitmq-operators/overlays/dev"]
    {
        let tree = Tree::new().copy_of(&repository().join("examples/gitops"), ".");
        let annotation = annotation(&tree, directory);
        let changes = changes(&tree, directory);
        let files: Vec<&str> = changes.iter().map(|(file, _)| file.as_str()).collect();
        let ask = json!({"annotation": annotation, "directory": directory, "files": files});
        let Some(answers) = rules(&[ask]) else { return };
        let mut passed_over = 0;
        for ((file, matters), concerns) in changes.iter().zip(answers[0]["concerns"].as_array().unwrap()) {
            assert!(!matters || concerns == true, "{directory}: {file} is not covered by {annotation}");
            passed_over += usize::from(concerns == false);
        }
        assert!(changes.iter().filter(|(_, matters)| *matters).count() > 5, "{directory}: {changes:?}");
        assert!(passed_over > 5, "{directory}: {annotation} covers nearly everything");
    }
}

/// The annotation that is proposed for an Application in a directory.
fn annotation(tree: &Tree, directory: &str) -> String {
    let arguments = "--repo-url git.example.com/team/gitops --output json";
    let found = json_of(&told(tree, &application("web", directory, ""), arguments));
    let findings = found["findings"].as_array().unwrap();
    let web = findings.iter().find(|finding| finding["check"] == "Application web").unwrap();
    let (_, text) = web["hint"].as_str().unwrap().split_once("manifest-generate-paths: ").unwrap();
    text.trim_end_matches('`').to_owned()
}

/// Files that may be taken away or added, and whether that changes the render of a directory.
fn changes(tree: &Tree, directory: &str) -> Vec<(String, bool)> {
    let component = directory.split('/').take(3).collect::<Vec<_>>().join("/");
    let render = || Run::new("render --output json").arg(directory).within(tree).stdout;
    let before = render();
    // Those nearby, and some from all over the place.
    let nearby =
        |file: &str| file.starts_with(&component) || file.starts_with("mixins") || !file.contains('/');
    let files = tree.files(".").into_keys().filter(|file| !file.starts_with(".git/")).enumerate();
    let files = files.filter(|(index, file)| nearby(file) || index % 40 == 0).map(|(_, file)| file);
    let mut changes = Vec::new();
    for file in files {
        let text = fs::read(tree.path(&file)).unwrap();
        fs::remove_file(tree.path(&file)).unwrap();
        changes.push((file.clone(), render() != before));
        tree.write(&file, text);
    }
    for place in ["components", "docs", component.as_str(), directory] {
        let file = format!("{place}/oarlock.yml");
        tree.write(&file, "pipline: []\n");
        changes.push((file.clone(), render() != before));
        fs::remove_file(tree.path(&file)).unwrap();
    }
    assert_eq!(render(), before);
    changes
}
