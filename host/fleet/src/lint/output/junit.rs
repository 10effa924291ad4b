//! Findings as JUnit's XML, which CI systems show as tests that failed.

use super::Listed;
use crate::comment::escape::{html, line};

/// The findings as JUnit's XML: a test that failed each. Without findings there is one that passed.
pub fn junit(report: &impl Listed) -> String {
    let listing = report.listing();
    let (suite, class) = (listing.tool, listing.tool.replace(' ', "."));
    let failures = listing.findings.len();
    let tests = failures.max(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    append!(out, "<testsuites name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\">\n");
    append!(out, "  <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n");
    if failures == 0 {
        append!(out, "    <testcase classname=\"{class}\" name=\"no findings\"/>\n");
    }
    for finding in &listing.findings {
        let place = finding.origin.map(ToString::to_string).unwrap_or_default();
        append!(
            out,
            "    <testcase classname=\"{class}.{}\" name=\"{}\" file=\"{}\">\n",
            finding.rule,
            attribute(&finding.whole()),
            attribute(&place),
        );
        append!(
            out,
            "      <failure type=\"{}\" message=\"{}\">{} ({})</failure>\n    </testcase>\n",
            finding.rule,
            attribute(finding.message),
            attribute(&place),
            listing.page(finding.rule),
        );
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// A text in an attribute or between tags: on one line, without characters that XML does not have.
fn attribute(text: &str) -> String {
    html(&line(text))
}
