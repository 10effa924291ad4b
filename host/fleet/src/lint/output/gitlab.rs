//! Findings as GitLab's code quality report.

use serde_json::{Value, json};

use super::{LintFinding, LintReport, Severity, whole};
use crate::comment::escape;

/// The findings as a code quality report. What has no place stands at `oarlock.yaml`, since GitLab
/// shows nothing without one.
pub fn gitlab(report: &LintReport) -> String {
    let entries: Vec<Value> = report.findings.iter().map(entry).collect();
    let text = serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n";
    escape::json(&text).into_owned()
}

fn entry(finding: &LintFinding) -> Value {
    let severity = match finding.severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Notice => "info",
    };
    let origin = finding.origin.as_ref();
    json!({
        "description": whole(finding),
        "check_name": finding.rule.id(),
        "fingerprint": finding.fingerprint,
        "severity": severity,
        "location": {
            "path": origin.map_or("oarlock.yaml", |origin| origin.file.as_str()),
            "lines": {"begin": origin.and_then(|origin| origin.line).unwrap_or(1)},
        },
    })
}
