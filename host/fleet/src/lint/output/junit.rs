//! Findings as JUnit's XML, which CI systems show as tests that failed.

use super::{LintReport, page, whole};
use crate::comment::escape::{html, line};

/// The findings as JUnit's XML: a test that failed each. Without findings there is one that passed.
pub fn junit(report: &LintReport) -> String {
    let failures = report.findings.len();
    let tests = failures.max(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    append!(out, "<testsuites name=\"oarlock lint\" tests=\"{tests}\" failures=\"{failures}\">\n");
    append!(
        out,
        "  <testsuite name=\"oarlock lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n"
    );
    if failures == 0 {
        out.push_str("    <testcase classname=\"oarlock.lint\" name=\"no findings\"/>\n");
    }
    for finding in &report.findings {
        let place = finding.origin.as_ref().map(ToString::to_string).unwrap_or_default();
        append!(
            out,
            "    <testcase classname=\"oarlock.lint.{}\" name=\"{}\" file=\"{}\">\n",
            finding.rule.id(),
            attribute(&whole(finding)),
            attribute(&place),
        );
        append!(
            out,
            "      <failure type=\"{}\" message=\"{}\">{} ({})</failure>\n    </testcase>\n",
            finding.rule.id(),
            attribute(&finding.message),
            attribute(&place),
            page(finding.rule),
        );
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// A text in an attribute or between tags: on one line, without characters that XML does not have.
fn attribute(text: &str) -> String {
    html(&line(text))
}
