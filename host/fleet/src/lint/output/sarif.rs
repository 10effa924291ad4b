//! Findings as SARIF 2.1.0, which code scanning of forges reads.

use serde_json::{Value, json};

use super::{LintFinding, LintReport, LintRule, Severity, page, whole};
use crate::comment::escape;

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

/// The findings as SARIF.
pub fn sarif(report: &LintReport) -> String {
    let rules: Vec<Value> = LintRule::ALL
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id(),
                "shortDescription": {"text": rule.summary()},
                "helpUri": format!("{}/blob/main/{}", env!("CARGO_PKG_REPOSITORY"), page(*rule)),
                "defaultConfiguration": {"level": level(rule.severity())},
            })
        })
        .collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "oarlock lint", "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
    escape::json(&text).into_owned()
}

fn result(finding: &LintFinding) -> Value {
    let index = LintRule::ALL.iter().position(|rule| *rule == finding.rule);
    let mut result = json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": whole(finding)},
        "partialFingerprints": {"oarlock/v1": finding.fingerprint},
    });
    if let Some(origin) = &finding.origin {
        let mut place = json!({"artifactLocation": {"uri": uri(&origin.file), "uriBaseId": "%SRCROOT%"}});
        if let Some(line) = origin.line {
            place["region"] = json!({"startLine": line});
        }
        result["locations"] = json!([{"physicalLocation": place}]);
    }
    result
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            append!(out, "%{byte:02X}");
        }
    }
    out
}
