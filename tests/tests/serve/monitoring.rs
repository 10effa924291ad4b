//! Dashboards, alerts and the table of metrics, against what a running server exports.

use std::collections::BTreeSet;
use std::fs;

use oarlock_tests::repository as checkout;

use super::{Served, get};

/// The names of metrics in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("oarlock_") || word.starts_with("process_")).collect()
}

#[test]
fn dashboards_and_alerts_name_metrics_that_are_exported() {
    let served = Served::start("");
    let text = get(&served.server, "/metrics");
    let exported: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| names(line.split(['{', ' ']).next().unwrap_or_default()))
        .collect();
    assert!(exported.contains("oarlock_plugin_loaded"), "{text}");
    for (file, least) in [("dashboard.json", 15), ("prometheus-rule.yaml", 8)] {
        let queries = fs::read_to_string(checkout().join("deploy/monitoring").join(file)).unwrap();
        let names_queried = names(&queries);
        assert!(names_queried.len() >= least, "{file}: {names_queried:?}");
        let unknown: Vec<_> = names_queried.difference(&exported).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
    // The page lists all of them, histograms by their family.
    let page = fs::read_to_string(checkout().join("docs/operator.md")).unwrap();
    let documented = names(&page);
    let family = |name: &&&str| {
        !["_bucket", "_sum", "_count"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|name| documented.contains(name)))
    };
    let missing: Vec<_> = exported.difference(&documented).filter(family).collect();
    assert!(missing.is_empty(), "docs/operator.md has no {missing:?}");
}
