//! Findings as SARIF 2.1.0, which code scanning of forges reads.

use serde_json::{Value, json};

use super::{Listed, Listing, Row, Severity};
use crate::comment::escape;

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

/// The findings as SARIF.
pub fn sarif(report: &impl Listed) -> String {
    let listing = report.listing();
    let rules: Vec<Value> = listing
        .rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.summary},
                "helpUri": format!("{}/blob/main/{}", env!("CARGO_PKG_REPOSITORY"), listing.page(rule.id)),
                "defaultConfiguration": {"level": level(rule.severity)},
            })
        })
        .collect();
    let results: Vec<Value> = listing.findings.iter().map(|finding| result(&listing, finding)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": listing.tool, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
    escape::json(&text).into_owned()
}

fn result(listing: &Listing<'_>, finding: &Row<'_>) -> Value {
    let index = listing.rules.iter().position(|rule| rule.id == finding.rule);
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": finding.whole()},
        "partialFingerprints": {"oarlock/v1": finding.fingerprint},
    });
    if let Some(origin) = finding.origin {
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
