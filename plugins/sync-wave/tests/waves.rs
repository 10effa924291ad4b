//! Cases are folders of `tests/cases`: `input.yaml`, `config.yaml` where something is configured,
//! and `expected.txt`, which says for each manifest its wave and why, and then the warnings.
//! `TRYCMD=overwrite` writes the expectations anew, for review.

// The whole file is tests; clippy knows that only of those functions that say so.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use oarlock_plugin::{
    Application, Failures, Manifest, MemoryHost, Origin, Plugin, Request, TreePath, render_json,
};
use oarlock_sync_wave::{EXPLANATION, SYNC_WAVE, SyncWave};
use oarlock_yaml::{Limits, Reader, parse, parse_one, to_json};
use serde_json::{Map, Value, json};

type Config = Map<String, Value>;

fn render(manifests: Vec<Manifest>, config: &Config) -> (Result<Vec<Manifest>, Failures>, Vec<String>) {
    let host = MemoryHost::default();
    let request = Request {
        directory: TreePath::root(),
        application: Application::default(),
        config: Value::Object(config.clone()).to_string(),
        manifests,
    };
    let rendered = render_json::<SyncWave>(&host, request);
    let warnings = host.warnings().iter().map(|warning| tell("warning", warning)).collect();
    (rendered, warnings)
}

fn tell(level: &str, failure: &oarlock_plugin::Failure) -> String {
    let mut text = format!("{level}: {failure}\n");
    for note in &failure.notes {
        writeln!(text, "  = {note}").unwrap();
    }
    if let Some(hint) = &failure.hint {
        writeln!(text, "  help: {hint}").unwrap();
    }
    text
}

fn read_input(case: &Path) -> Vec<Manifest> {
    let documents =
        parse(&fs::read(case.join("input.yaml")).unwrap(), Reader::KustomizeResource, Limits::default())
            .unwrap();
    let manifest = |root: &oarlock_yaml::Node| {
        let origin = Origin::at("input.yaml", root.span.line, root.span.column);
        Manifest::from_json(to_json(root).unwrap()).unwrap().with_origin(Some(origin))
    };
    documents.iter().map(|document| manifest(&document.root)).collect()
}

fn read_config(case: &Path) -> Config {
    let text = fs::read(case.join("config.yaml")).unwrap_or_default();
    let node = parse_one(&text, Reader::KustomizeResource, Limits::default()).unwrap();
    node.map_or_else(Map::new, |node| serde_json::from_str(&to_json(&node).unwrap()).unwrap())
}

fn with(config: &Config, key: &str, value: Value) -> Config {
    let mut config = config.clone();
    config.insert(key.to_owned(), value);
    config
}

/// The waves, the rules behind them, and the warnings.
fn report(manifests: Vec<Manifest>, config: &Config) -> String {
    let (rendered, warnings) = render(manifests, &with(config, "explain", json!(true)));
    let mut report = String::new();
    match rendered {
        Ok(manifests) => {
            for manifest in manifests {
                let (wave, why) = (manifest.annotation(SYNC_WAVE), manifest.annotation(EXPLANATION));
                let name = manifest.display_name();
                writeln!(report, "{:>4}  {name:<55} {}", wave.unwrap(), why.unwrap()).unwrap();
            }
        }
        Err(failures) => report.extend(failures.as_slice().iter().map(|failure| tell("error", failure))),
    }
    report.extend(warnings);
    report
}

fn texts(manifests: &[Manifest]) -> Vec<String> {
    manifests.iter().map(|manifest| manifest.clone().into_json()).collect()
}

/// What holds for every input and configuration: a second run changes nothing, and says nothing
/// new.
fn assert_settled(name: &str, input: &[Manifest], config: &Config) {
    let (Ok(once), warnings) = render(input.to_vec(), config) else { return };
    let (twice, again) = render(once.clone(), config);
    assert_eq!(texts(&twice.unwrap()), texts(&once), "{name}: a second run with {config:?}");
    assert_eq!(again.len(), warnings.len(), "{name}: warnings of a second run with {config:?}");
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10, "only {} cases found", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy();
        let (input, config) = (read_input(&case), read_config(&case));
        let actual = report(input.clone(), &config);
        let file = case.join("expected.txt");
        if env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
            fs::write(&file, &actual).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if actual != expected {
            let diff = similar::TextDiff::from_lines(&expected, &actual);
            wrong.push(format!("{name}\n{}", diff.unified_diff()));
        }
        for config in [
            config.clone(),
            with(&config, "explain", json!(true)),
            with(&config, "override", json!(true)),
            with(&config, "stampZero", json!(true)),
            with(&config, "default", json!(5)),
            with(&config, "builtin", json!(false)),
        ] {
            assert_settled(&name, &input, &config);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn manifests_that_need_no_stamp_are_handed_on_as_they_are() {
    let manifest = |text: &str| Manifest::from_json(text.to_owned()).unwrap();
    let untouched = [
        r#"{ "kind":"Deployment","apiVersion":"apps/v1" , "metadata":{"name":"a"},"spec":{"template":{"spec":{"containers":[]}}}}"#,
        r#"{ "kind":"Job","metadata":{"name":"b","annotations":{"argocd.argoproj.io/hook":"PreSync"}}}"#,
        r#"{ "kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c","annotations":{"argocd.argoproj.io/sync-wave":"+7"}}}"#,
        r#"{ "kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"d","annotations":{"helm.sh/hook-weight":"3"}}}"#,
    ];
    let (rendered, _) = render(untouched.iter().map(|text| manifest(text)).collect(), &Map::new());
    assert_eq!(texts(&rendered.unwrap()), untouched);

    let stamped =
        r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"e"},"data":{"z":"1","a":"2"}}"#;
    let (rendered, _) = render(vec![manifest(stamped)], &Map::new());
    assert_eq!(
        texts(&rendered.unwrap()),
        [
            r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"e","annotations":{"argocd.argoproj.io/sync-wave":"-1"}},"data":{"z":"1","a":"2"}}"#
        ]
    );
}

#[test]
fn the_configuration_is_checked() {
    for (config, part) in [
        (json!({"rules": [{"wave": 1}]}), "rule `rules[0]` matches every manifest"),
        (json!({"rules": [{"wave": 1, "title": "all"}]}), "rule `all` matches every manifest"),
        (json!({"rules": [{"kind": "Pod"}]}), "missing field `wave`"),
        (json!({"rules": [{"wave": 1, "kinds": "Pod"}]}), "unknown field `kinds`"),
        (json!({"rules": [{"wave": 1, "kind": "[z"}]}), "glob `[z`: `[` is never closed"),
        (json!({"rules": [{"wave": 1, "labels": "a b"}]}), "label selector `a b`: cannot read `a b`"),
        (json!({"checks": "maybe"}), "unknown variant `maybe`"),
        (json!({"stampzero": true}), "unknown field `stampzero`"),
    ] {
        let Value::Object(config) = config else { unreachable!("all are objects") };
        let message = render(Vec::new(), &config).0.unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let schema: Value = serde_json::from_str(&SyncWave::describe().config_schema).unwrap();
    assert_eq!(schema["properties"]["override"]["default"], json!(false));
}
