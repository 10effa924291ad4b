//! Findings as GitLab's code quality report.

use serde_json::{Value, json};

use super::{Listed, Row, Severity};
use crate::comment::escape;

/// The findings as a code quality report. What has no place stands at `oarlock.yaml`, since GitLab
/// shows nothing without one.
pub fn gitlab(report: &impl Listed) -> String {
    let entries: Vec<Value> = report.listing().findings.iter().map(entry).collect();
    let text = serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n";
    escape::json(&text).into_owned()
}

fn entry(finding: &Row<'_>) -> Value {
    let severity = match finding.severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Notice => "info",
    };
    json!({
        "description": finding.whole(),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": severity,
        "location": {
            "path": finding.origin.map_or("oarlock.yaml", |origin| origin.file.as_str()),
            "lines": {"begin": finding.origin.and_then(|origin| origin.line).unwrap_or(1)},
        },
    })
}
