//! Text for a terminal.

use std::fmt::Write as _;

use super::escape::line;
use super::lines::Lines;
use super::{count, headline, remainder, verdict};
use crate::findings::{ChangeKind, FailedSide, ObjectReport, Review, Severity};

/// The most characters of a line. What is longer is no text to read.
const LINE: usize = 2000;

/// The review as plain text, whole. Characters that a terminal would obey are escaped.
pub fn text(review: &Review) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_text(&mut text, review);
    text
}

fn write_text(out: &mut String, review: &Review) -> std::fmt::Result {
    writeln!(out, "{}\n{}", verdict(review), headline(&review.counts))?;
    if !review.findings.is_empty() {
        writeln!(out)?;
    }
    for finding in &review.findings {
        let severity = match finding.severity {
            Severity::Blocking => "blocking",
            Severity::Caution => "caution",
            Severity::Notice => "notice",
        };
        let place = finding.origin.as_ref().map(place).unwrap_or_default();
        let (application, message) = (finding.application.to_string(), &finding.message);
        writeln!(out, "{severity}[{}]: {}: {}{place}", finding.rule.id(), line(&application), line(message))?;
    }
    if !review.failures.is_empty() {
        writeln!(out)?;
    }
    for failure in &review.failures {
        let side = match failure.side {
            FailedSide::Head => "",
            FailedSide::Both => " (also before the change)",
            FailedSide::Base => " (before the change only)",
        };
        let place = failure.failure.origin.as_ref().map(place).unwrap_or_default();
        writeln!(out, "failed: {}{side}{place}", line(&failure.application.to_string()))?;
        for text in failure.failure.message.lines() {
            writeln!(out, "  {}", line(text))?;
        }
    }
    for external in &review.external {
        writeln!(
            out,
            "not rendered: {}: {}",
            line(&external.application.to_string()),
            line(&external.reason)
        )?;
    }
    if !review.images.is_empty() || !review.charts.is_empty() {
        writeln!(out)?;
    }
    let charts =
        review.charts.iter().map(|chart| ("chart", &chart.name, &chart.from, &chart.to, chart.applications));
    let images =
        review.images.iter().map(|image| ("image", &image.name, &image.from, &image.to, image.applications));
    for (kind, name, from, to, applications) in charts.chain(images) {
        let version = |version: &Option<String>| match version.as_deref() {
            None => "none".to_owned(),
            Some("") => "no tag".to_owned(),
            Some(version) => line(version).into_owned(),
        };
        let users = count(applications, "Application");
        writeln!(out, "{kind} {}: {} \u{2192} {} ({users})", line(name), version(from), version(to))?;
    }
    for application in &review.applications {
        let change = match application.change {
            ChangeKind::Added => " is new",
            ChangeKind::Removed => " is removed",
            _ if application.routine => " (routine)",
            _ => "",
        };
        let file = application.file.as_ref().map(|file| format!("  {}", line(file))).unwrap_or_default();
        writeln!(out, "\n{}{change}{file}", line(&application.application.to_string()))?;
        for object in &application.objects {
            write_object(out, object)?;
        }
    }
    writeln!(out, "\n{}", remainder(&review.counts))
}

fn write_object(out: &mut String, object: &ObjectReport) -> std::fmt::Result {
    let other = || object.other.as_ref().map(ToString::to_string).unwrap_or_default();
    let (sign, note) = match object.change {
        ChangeKind::Added => ('+', String::new()),
        ChangeKind::Removed => ('-', String::new()),
        ChangeKind::Changed => ('~', String::new()),
        ChangeKind::Renamed => {
            ('~', format!(", renamed from {}", object.renamed_from.as_deref().unwrap_or_default()))
        }
        ChangeKind::MovedFrom => ('~', format!(", moved from {}", other())),
        ChangeKind::MovedTo => ('-', format!(", moved to {}", other())),
    };
    let place = object.origin.as_ref().map(place).unwrap_or_default();
    writeln!(out, "  {sign} {}{}{place}", line(&object.object.to_string()), line(&note))?;
    let mut lines = Lines::new(usize::MAX, LINE);
    lines.object(object);
    for line in &lines.list {
        writeln!(out, "      {} {}", line.sign.character(), line.text)?;
    }
    if !object.noise.is_empty() {
        writeln!(out, "      {}", super::markdown::noise(object))?;
    }
    Ok(())
}

fn place(origin: &crate::change::Origin) -> String {
    let file = line(&origin.file);
    match origin.line {
        Some(number) => format!("  {file}:{number}"),
        None => format!("  {file}"),
    }
}
