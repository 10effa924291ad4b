//! Findings for a terminal.

use super::{LintReport, Severity};
use crate::comment::{count, escape::line};

/// The findings as text, a line each and a line for how to fix it. Characters that a terminal would
/// obey are escaped.
pub fn text(report: &LintReport) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        };
        if let Some(origin) = &finding.origin {
            append!(out, "{}: ", line(&origin.to_string()));
        }
        append!(out, "{severity}[{}]: {}", finding.rule.id(), line(&finding.message));
        if let Some(application) = &finding.application {
            append!(out, "  ({})", line(&application.to_string()));
        }
        out.push('\n');
        if let Some(hint) = &finding.hint {
            append!(out, "  {}\n", line(hint));
        }
    }
    let number = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
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
    for (number, what) in [
        (report.silenced, "silenced by annotations"),
        (report.known, "in the baseline"),
        (report.resolved, "of the baseline no longer found"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    append!(out, "{}\n", parts.join(", "));
    out
}
