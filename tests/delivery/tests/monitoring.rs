//! Dashboards and alerts, as far as they can be read without a server.

use std::collections::BTreeSet;
use std::process::Command;

use oarlock_delivery::{has_tools, repository, run, text, tool};
use serde_json::{Value, json};

use crate::yaml;

fn rules() -> Vec<Value> {
    let groups = yaml("deploy/monitoring/prometheus-rule.yaml")["spec"]["groups"].clone();
    groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

#[test]
fn each_alert_has_a_section_in_the_runbook() {
    let runbook = text("docs/runbook.md");
    let sections: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let rules = rules();
    assert!(rules.len() >= 8);
    let mut alerts = BTreeSet::new();
    for rule in &rules {
        let alert = rule["alert"].as_str().unwrap();
        alerts.insert(alert);
        let url = rule["annotations"]["runbook_url"].as_str().unwrap();
        assert_eq!(url.rsplit_once("docs/runbook.md#").unwrap().1, alert.to_lowercase());
        assert!(["warning", "critical"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{alert}");
        assert!(!rule["annotations"]["summary"].as_str().unwrap().is_empty(), "{alert}");
    }
    assert_eq!(alerts, sections);
}

#[test]
fn promtool_finds_nothing() {
    if !has_tools(&["promtool"], "rules are not checked by Prometheus") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rules.json");
    // YAML is a superset of JSON.
    let groups = json!({"groups": yaml("deploy/monitoring/prometheus-rule.yaml")["spec"]["groups"]});
    std::fs::write(&file, groups.to_string()).unwrap();
    let (code, out, err) = run(Command::new(tool("promtool").unwrap()).args(["check", "rules"]).arg(&file));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains(&format!("{} rules found", rules().len())), "{out}");
}

#[test]
fn the_dashboard_can_be_imported() {
    let dashboard: Value = serde_json::from_str(&text("deploy/monitoring/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        assert!(!panel["description"].as_str().unwrap().is_empty(), "{title}");
        let place = &panel["gridPos"];
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| place[side].as_u64().unwrap());
        assert!(x + w <= 24, "{title}");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{title} lies over another panel");
        }
        for target in panel["targets"].as_array().unwrap() {
            // Wherever it is imported, the data source is the one that is chosen there.
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            let query = target["expr"].as_str().unwrap();
            assert!(query.contains("namespace=~\"$namespace\""), "{title}: {query}");
            assert_eq!(query.matches('(').count(), query.matches(')').count(), "{title}: {query}");
        }
    }
    assert!(panels.len() >= 12);
}

#[test]
fn nothing_that_is_deployed_names_a_namespace() {
    for entry in std::fs::read_dir(repository().join("deploy")).unwrap() {
        let directory = entry.unwrap().path();
        if !directory.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&directory).unwrap() {
            let file = file.unwrap().path();
            let text = std::fs::read_to_string(&file).unwrap();
            for line in text.lines() {
                let line = line.trim_start();
                assert!(!line.starts_with("namespace:"), "{}: {line}", file.display());
                assert!(!line.contains("kubernetes.io/metadata.name"), "{}: {line}", file.display());
            }
        }
    }
}
