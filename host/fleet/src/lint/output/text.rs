//! Findings for a terminal.

use super::{Listed, Severity};
use crate::comment::{count, escape::line};

/// The findings as text, a line each and a line for how to fix it. Characters that a terminal would
/// obey are escaped.
pub fn text(report: &impl Listed) -> String {
    let mut out = String::new();
    let listing = report.listing();
    for finding in &listing.findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        };
        if let Some(origin) = finding.origin {
            append!(out, "{}: ", line(&origin.to_string()));
        }
        append!(out, "{severity}[{}]: {}", finding.rule, line(finding.message));
        if let Some(application) = finding.application {
            append!(out, "  ({})", line(&application.to_string()));
        }
        out.push('\n');
        if let Some(hint) = finding.hint {
            append!(out, "  {}\n", line(hint));
        }
    }
    let number = |severity| listing.findings.iter().filter(|finding| finding.severity == severity).count();
    let mut parts = Vec::new();
    for (severity, noun) in
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Notice, "notice")]
    {
        if number(severity) > 0 {
            parts.push(count(number(severity), noun));
        }
    }
    if parts.is_empty() {
        parts.push("no findings".to_owned());
    }
    parts.extend(listing.remarks);
    append!(out, "{}\n", line(&parts.join(", ")));
    out
}
