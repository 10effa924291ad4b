//! Cases that are files: `tests/cases/<name>/{input.yaml, request.yaml}` and, beside them, what
//! comes out.
//!
//! `request.yaml` holds `directory`, `application` and `config`, each optional. `output.yaml` holds
//! the manifests of a render that went well; `messages.txt` what was said, hints indented.
//! `TRYCMD=overwrite` rewrites both.

// Clippy knows tests by their attribute and does not see that this whole file is one.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use oarlock_plugin::{
    Failure, Failures, Manifest, MemoryHost, Origin, Plugin, Request, TreePath, render_json,
};
use oarlock_vault::Vault;
use oarlock_yaml::{Dialect, Limits, Node, Reader};

/// What a render gave.
struct Outcome {
    result: Result<Vec<Manifest>, Failures>,
    warnings: Vec<Failure>,
}

#[test]
fn every_case_comes_out_as_written() {
    let mut wrong = Vec::new();
    for case in cases() {
        let outcome = render(&request(&case), input(&case));
        let output = outcome.result.as_ref().ok().map(|manifests| spelled(manifests));
        wrong.extend(compare(&case.join("output.yaml"), output));
        wrong.extend(compare(&case.join("messages.txt"), messages(&outcome)));
    }
    assert!(wrong.is_empty(), "TRYCMD=overwrite rewrites the files for review\n{}", wrong.join("\n"));
}

#[test]
fn a_second_run_changes_nothing() {
    let mut rendered = 0;
    for case in cases() {
        let request = request(&case);
        let Ok(once) = render(&request, input(&case)).result else { continue };
        let twice = render(&request, once.clone()).result.unwrap();
        let json =
            |manifests: Vec<Manifest>| manifests.into_iter().map(Manifest::into_json).collect::<Vec<_>>();
        assert_eq!(json(once), json(twice), "{}", case.display());
        rendered += 1;
    }
    assert!(rendered > 5, "only {rendered} cases render");
}

#[test]
fn what_is_not_touched_is_the_very_same_text() {
    let text = r#"{"kind":"ConfigMap",  "apiVersion":"v1","metadata":{"name":"a"}}"#;
    let manifest = Manifest::from_json(text.to_owned()).unwrap();
    let rendered = render(&serde_json::json!({}), vec![manifest]).result.unwrap();
    assert_eq!(rendered.into_iter().map(Manifest::into_json).collect::<Vec<_>>(), [text]);
}

#[test]
fn the_schema_knows_every_field() {
    let schema: serde_json::Value = serde_json::from_str(&Vault::describe().config_schema).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    for field in ["layout", "mounts", "path", "secrets", "allowLiteralSecrets", "avpMounts", "type", "checks"]
    {
        let property = &schema["properties"][field];
        assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{field}: {property}");
    }
}

/// No value in a Secret of any case may be printed: each such value has `hunter` in it.
#[test]
fn values_are_never_told() {
    for case in cases() {
        let outcome = render(&request(&case), input(&case));
        let told = messages(&outcome).unwrap_or_default();
        assert!(!told.contains("hunter") && !told.contains("aHVudGVy"), "{}:\n{told}", case.display());
    }
}

fn cases() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 5);
    cases
}

fn request(case: &Path) -> serde_json::Value {
    match fs::read(case.join("request.yaml")) {
        Ok(text) => json(
            &oarlock_yaml::parse_one(&text, Reader::KustomizeResource, Limits::default()).unwrap().unwrap(),
        ),
        Err(_) => serde_json::json!({}),
    }
}

fn input(case: &Path) -> Vec<Manifest> {
    let documents = oarlock_yaml::parse(
        &fs::read(case.join("input.yaml")).unwrap(),
        Reader::KustomizeResource,
        Limits::default(),
    )
    .unwrap();
    let manifest = |root: &Node| {
        let origin = Origin::at("input.yaml", root.span.line, root.span.column);
        Manifest::from_json(oarlock_yaml::to_json(root).unwrap()).unwrap().with_origin(Some(origin))
    };
    documents.iter().map(|document| manifest(&document.root)).collect()
}

fn json(node: &Node) -> serde_json::Value {
    serde_json::from_str(&oarlock_yaml::to_json(node).unwrap()).unwrap()
}

fn render(request: &serde_json::Value, manifests: Vec<Manifest>) -> Outcome {
    let host = MemoryHost::default();
    let application = request.get("application").cloned().unwrap_or(serde_json::json!({}));
    let request = Request {
        directory: TreePath::new(request["directory"].as_str().unwrap_or(".")).unwrap(),
        application: serde_json::from_value(application).unwrap(),
        config: request.get("config").cloned().unwrap_or(serde_json::json!({})).to_string(),
        manifests,
    };
    let result = render_json::<Vault>(&host, request);
    Outcome { result, warnings: host.warnings() }
}

fn spelled(manifests: &[Manifest]) -> String {
    let emit = |manifest: &Manifest| {
        let node = oarlock_yaml::from_json(&manifest.clone().into_json()).unwrap();
        oarlock_yaml::emit(&node, Dialect::Kustomize).unwrap()
    };
    manifests.iter().map(emit).collect::<Vec<_>>().join("---\n")
}

fn messages(outcome: &Outcome) -> Option<String> {
    let errors = outcome.result.as_ref().err().map(Failures::as_slice).unwrap_or_default();
    let mut text = String::new();
    for (level, failures) in [("error", errors), ("warning", &outcome.warnings)] {
        for failure in failures {
            writeln!(text, "{level}: {failure}").unwrap();
            if let Some(hint) = &failure.hint {
                writeln!(text, "  {hint}").unwrap();
            }
        }
    }
    (!text.is_empty()).then_some(text)
}

/// The difference between a file and what it should hold; with `TRYCMD=overwrite` there is none.
fn compare(path: &Path, actual: Option<String>) -> Option<String> {
    if std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
        match actual {
            Some(text) => fs::write(path, text).unwrap(),
            None => drop(fs::remove_file(path)),
        }
        return None;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    let actual = actual.unwrap_or_default();
    if expected == actual {
        return None;
    }
    let diff = similar::TextDiff::from_lines(&expected, &actual);
    Some(format!("{}\n{}", path.display(), diff.unified_diff().header("written", "came out")))
}
