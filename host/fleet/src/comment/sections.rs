//! The parts of a comment before and after its details.

use std::collections::BTreeMap;

use super::dialect::Dialect;
use super::escape::{code_cell, code_span, sentence};
use super::{count, remainder};
use crate::change::Origin;
use crate::findings::{FailedSide, FailureReport, Finding, Review, Severity};

/// How many findings of a severity, failures, or rows of a table are shown before the first fold.
const SHOWN: usize = 10;

/// How many more findings are shown in a fold.
const FOLDED: usize = 50;

/// Lines of a failure beyond its first.
const FAILURE_LINES: usize = 4;

/// Characters of a name.
pub(super) const NAME: usize = 120;

/// Characters of a message.
const MESSAGE: usize = 300;

/// The findings of a severity.
pub(super) fn findings(review: &Review, severity: Severity, dialect: Dialect) -> Option<String> {
    let findings: Vec<&Finding> =
        review.findings.iter().filter(|finding| finding.severity == severity).collect();
    if findings.is_empty() {
        return None;
    }
    let title = match severity {
        Severity::Blocking => format!("{} blocking", findings.len()),
        Severity::Caution => count(findings.len(), "caution"),
        Severity::Notice => count(findings.len(), "notice"),
    };
    let mut items: Vec<String> = findings.iter().take(SHOWN).map(|finding| self::finding(finding)).collect();
    if findings.len() > SHOWN {
        items.push(format!("and {} more", findings.len() - SHOWN));
    }
    Some(dialect.alert(severity, &title, &items) + "\n")
}

/// Notices, and the findings for which there was no room.
pub(super) fn more_findings(review: &Review) -> Option<String> {
    let rest = |severity, skipped: usize| {
        review.findings.iter().filter(move |finding| finding.severity == severity).skip(skipped)
    };
    let all: Vec<&Finding> = rest(Severity::Blocking, SHOWN)
        .chain(rest(Severity::Caution, SHOWN))
        .chain(rest(Severity::Notice, 0))
        .collect();
    if all.is_empty() {
        return None;
    }
    let mut text = format!("<details><summary>{}</summary>\n\n", count(all.len(), "more finding"));
    for finding in all.iter().take(FOLDED) {
        append!(text, "- {}\n", self::finding(finding));
    }
    if all.len() > FOLDED {
        append!(text, "- {} not shown\n", all.len() - FOLDED);
    }
    Some(text + "\n</details>\n\n")
}

fn finding(finding: &Finding) -> String {
    let application = code_span(&finding.application.to_string(), NAME);
    let origin = finding.origin.as_ref().map(|origin| format!(" ({})", place(origin))).unwrap_or_default();
    format!("{application}: {} \u{2014} {}{origin}", sentence(&finding.message, MESSAGE), finding.rule.id())
}

/// A place in a file.
pub(super) fn place(origin: &Origin) -> String {
    match origin.line {
        Some(line) => code_span(&format!("{}:{line}", origin.file), NAME),
        None => code_span(&origin.file, NAME),
    }
}

/// Applications that could not be compared.
pub(super) fn failures(review: &Review) -> Option<String> {
    if review.failures.is_empty() {
        return None;
    }
    let mut text = format!("**{} failed to render**\n\n", count(review.failures.len(), "Application"));
    for FailureReport { application, side, failure } in review.failures.iter().take(SHOWN) {
        let when = match side {
            FailedSide::Head => "",
            FailedSide::Both => ", also before the change",
            FailedSide::Base => ", before the change only: there is nothing to compare with",
        };
        let origin =
            failure.origin.as_ref().map(|origin| format!(" ({})", place(origin))).unwrap_or_default();
        let application = code_span(&application.to_string(), NAME);
        let mut lines = failure.message.lines();
        let first = code_span(lines.next().unwrap_or_default(), MESSAGE);
        append!(text, "- {application}{when}: {first}{origin}\n");
        for line in lines.by_ref().take(FAILURE_LINES) {
            append!(text, "  - {}\n", code_span(line, MESSAGE));
        }
        match lines.count() {
            0 => {}
            more => append!(text, "  - {} not shown\n", count(more, "more line")),
        }
    }
    if review.failures.len() > SHOWN {
        append!(text, "- and {} more\n", review.failures.len() - SHOWN);
    }
    Some(text + "\n")
}

/// Applications that were not rendered, each reason once.
pub(super) fn external(review: &Review) -> Option<String> {
    /// Names of Applications with one reason.
    const NAMES: usize = 5;
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for external in &review.external {
        reasons.entry(&external.reason).or_default().push(external.application.to_string());
    }
    if reasons.is_empty() {
        return None;
    }
    let title = count(review.external.len(), "Application");
    let mut text = format!("<details><summary>{title} not rendered</summary>\n\n");
    for (reason, names) in reasons.iter().take(SHOWN) {
        let shown: Vec<String> = names.iter().take(NAMES).map(|name| code_span(name, NAME)).collect();
        append!(text, "- {}: {}", code_span(reason, MESSAGE), shown.join(", "));
        if names.len() > NAMES {
            append!(text, " and {} more", names.len() - NAMES);
        }
        text.push('\n');
    }
    if reasons.len() > SHOWN {
        append!(text, "- {} not shown\n", count(reasons.len() - SHOWN, "more reason"));
    }
    Some(text + "\n</details>\n\n")
}

/// Images and charts, from which version to which.
pub(super) fn versions(review: &Review) -> Option<String> {
    let images =
        review.images.iter().map(|image| ("image", &image.name, &image.from, &image.to, image.applications));
    let charts =
        review.charts.iter().map(|chart| ("chart", &chart.name, &chart.from, &chart.to, chart.applications));
    let rows: Vec<_> = charts.chain(images).collect();
    if rows.is_empty() {
        return None;
    }
    let mut text = "| | name | from | to | Applications |\n|---|---|---|---|---|\n".to_owned();
    let cell = |version: &Option<String>| {
        version.as_ref().map_or_else(|| "\u{2014}".to_owned(), |version| code_cell(version, NAME))
    };
    for (kind, name, from, to, applications) in rows.iter().take(SHOWN) {
        append!(
            text,
            "| {kind} | {} | {} | {} | {applications} |\n",
            code_cell(name, NAME),
            cell(from),
            cell(to)
        );
    }
    if rows.len() > SHOWN {
        append!(text, "\n{} not shown\n", count(rows.len() - SHOWN, "more row"));
    }
    Some(text + "\n")
}

/// The commits, the rest of the fleet, and where more is.
pub(super) fn footer(review: &Review, artefact: Option<&str>) -> String {
    let side = |commit: &crate::findings::Commit| {
        let reference =
            commit.reference.as_ref().map(|reference| format!(" ({})", code_span(reference, NAME)));
        format!("{}{}", code_span(&commit.name, NAME), reference.unwrap_or_default())
    };
    let mut text = format!(
        "---\n<sub>Rendered {} against {} by Oarlock \u{b7} {}</sub>\n",
        side(&review.head),
        side(&review.base),
        remainder(&review.counts),
    );
    if let Some(artefact) = artefact {
        let is_link = artefact.starts_with("https://")
            && artefact.chars().all(|c| c.is_ascii_graphic() && !"<>()[]\\`\"".contains(c));
        if is_link && artefact.len() < 1000 {
            append!(text, "<sub>[The whole diff](<{artefact}>)</sub>\n");
        } else {
            append!(text, "<sub>The whole diff is in {}</sub>\n", code_span(artefact, NAME));
        }
    }
    text
}
