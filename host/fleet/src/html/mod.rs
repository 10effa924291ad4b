//! A review as a page: one self-contained file without scripts.
//!
//! Everything from the repository is text. The page's policy allows its own style and nothing else,
//! so that even a mistake here would run no script and fetch no address.

mod words;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::change::Origin;
use crate::comment::escape::html as escape;
use crate::comment::lines::{Line, Lines, Sign};
use crate::comment::{count, headline, remainder, verdict};
use crate::findings::{ApplicationReport, ChangeKind, FailedSide, Finding, ObjectReport, Review, Severity};
use words::mark;

const STYLE: &str = include_str!("style.css");

/// The most characters of a line.
const LINE: usize = 4000;

/// The most bytes of lines of a page. What is beyond is counted.
const PAGE_LINES: usize = 2_000_000;

/// The review as a page.
pub fn html(review: &Review) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, review);
    page
}

fn write_page(out: &mut String, review: &Review) -> fmt::Result {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let title = escape(&verdict(review));
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">"
    )?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>")?;
    writeln!(out, "<h1>{title}</h1>\n<p>{}</p>", escape(&headline(&review.counts)))?;
    writeln!(
        out,
        "<p class=\"quiet\"><code>{}</code> against <code>{}</code></p>\n</header>\n<main>",
        escape(&review.head.name),
        escape(&review.base.name),
    )?;
    write_findings(out, &review.findings)?;
    write_failures(out, review)?;
    write_versions(out, review)?;
    write_navigation(out, &review.applications)?;
    let mut left = PAGE_LINES;
    for (index, application) in review.applications.iter().enumerate() {
        write_application(out, index, application, &mut left)?;
    }
    writeln!(
        out,
        "</main>\n<footer class=\"quiet\">{} \u{b7} Oarlock</footer>\n</body>\n</html>",
        remainder(&review.counts)
    )
}

fn write_findings(out: &mut String, findings: &[Finding]) -> fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n<ul>")?;
    for finding in findings {
        let (class, sign) = match finding.severity {
            Severity::Blocking => ("blocking", "! blocking"),
            Severity::Caution => ("caution", "! caution"),
            Severity::Notice => ("quiet", "notice"),
        };
        write!(
            out,
            "<li><strong class=\"{class}\">{sign}</strong> <code>{}</code>: ",
            escape(&finding.application.to_string()),
        )?;
        for (index, part) in finding.message.split('`').enumerate() {
            if index % 2 == 1 {
                write!(out, "<code>{}</code>", escape(part))?;
            } else {
                write!(out, "{}", escape(part))?;
            }
        }
        write_place(out, finding.origin.as_ref())?;
        writeln!(out, " <span class=\"quiet\">{}</span></li>", finding.rule.id())?;
    }
    writeln!(out, "</ul>\n</section>")
}

fn write_failures(out: &mut String, review: &Review) -> fmt::Result {
    if !review.failures.is_empty() {
        writeln!(out, "<section aria-labelledby=\"failures\">\n<h2 id=\"failures\">Failures</h2>\n<ul>")?;
        for failure in &review.failures {
            let side = match failure.side {
                FailedSide::Head => "",
                FailedSide::Both => " (also before the change)",
                FailedSide::Base => " (before the change only)",
            };
            write!(out, "<li><code>{}</code>{side}", escape(&failure.application.to_string()))?;
            write_place(out, failure.failure.origin.as_ref())?;
            write!(out, "<pre>")?;
            for line in failure.failure.message.lines() {
                write!(out, "<span>{}</span>", escape(line))?;
            }
            writeln!(out, "</pre></li>")?;
        }
        writeln!(out, "</ul>\n</section>")?;
    }
    if !review.external.is_empty() {
        writeln!(out, "<section aria-labelledby=\"external\">\n<h2 id=\"external\">Not rendered</h2>\n<ul>")?;
        for external in &review.external {
            let application = escape(&external.application.to_string());
            writeln!(out, "<li><code>{application}</code>: {}</li>", escape(&external.reason))?;
        }
        writeln!(out, "</ul>\n</section>")?;
    }
    Ok(())
}

fn write_versions(out: &mut String, review: &Review) -> fmt::Result {
    let charts =
        review.charts.iter().map(|chart| ("chart", &chart.name, &chart.from, &chart.to, chart.applications));
    let images =
        review.images.iter().map(|image| ("image", &image.name, &image.from, &image.to, image.applications));
    let mut rows = charts.chain(images).peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    writeln!(
        out,
        "<section aria-labelledby=\"versions\">\n<h2 id=\"versions\">Images and charts</h2>\n<table>"
    )?;
    writeln!(out, "<tr><th></th><th>name</th><th>from</th><th>to</th><th>Applications</th></tr>")?;
    for (kind, name, from, to, applications) in rows {
        let cell = |version: &Option<String>| match version {
            Some(version) => format!("<code>{}</code>", escape(version)),
            None => "\u{2014}".to_owned(),
        };
        writeln!(
            out,
            "<tr><td>{kind}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{applications}</td></tr>",
            escape(name),
            cell(from),
            cell(to),
        )?;
    }
    writeln!(out, "</table>\n</section>")
}

/// Links to Applications, by cluster.
fn write_navigation(out: &mut String, applications: &[ApplicationReport]) -> fmt::Result {
    let mut clusters: BTreeMap<&str, Vec<(usize, &ApplicationReport)>> = BTreeMap::new();
    for (index, application) in applications.iter().enumerate() {
        clusters.entry(&application.application.cluster).or_default().push((index, application));
    }
    if clusters.is_empty() {
        return Ok(());
    }
    writeln!(out, "<nav aria-label=\"Applications\">\n<h2>Applications</h2>\n<ul>")?;
    for (cluster, applications) in clusters {
        write!(out, "<li>{}: ", escape(if cluster.is_empty() { "all" } else { cluster }))?;
        for (place, (index, application)) in applications.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let name = escape(&application.application.name);
            write!(out, "{comma}<a href=\"#application-{index}\">{} {name}</a>", sign(application.change))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul>\n</nav>")
}

fn sign(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Added => "+",
        ChangeKind::Removed | ChangeKind::MovedTo => "\u{2212}",
        ChangeKind::Changed | ChangeKind::Renamed | ChangeKind::MovedFrom => "~",
    }
}

fn write_application(
    out: &mut String,
    index: usize,
    application: &ApplicationReport,
    left: &mut usize,
) -> fmt::Result {
    let routine = if application.routine { " \u{b7} routine" } else { "" };
    let file = application.file.as_ref().map(|file| format!(" \u{b7} <code>{}</code>", escape(file)));
    writeln!(
        out,
        "<details open id=\"application-{index}\">\n<summary>{} <strong>{}</strong>, {}{routine}{}</summary>\n<div>",
        sign(application.change),
        escape(&application.application.to_string()),
        count(application.objects.len(), "object"),
        file.unwrap_or_default(),
    )?;
    for object in &application.objects {
        write_object(out, object, left)?;
    }
    let mut rest = vec![format!("{} unchanged", count(application.unchanged, "object"))];
    if application.ignored > 0 {
        rest.push(format!("{} with ignored differences", count(application.ignored, "object")));
    }
    writeln!(out, "<p class=\"quiet\">{}</p>\n</div>\n</details>", rest.join(", "))
}

fn write_object(out: &mut String, object: &ObjectReport, left: &mut usize) -> fmt::Result {
    write!(out, "<h3>{} {}", sign(object.change), escape(&object.object.to_string()))?;
    let other = || object.other.as_ref().map(|key| escape(&key.to_string())).unwrap_or_default();
    match object.change {
        ChangeKind::Renamed => {
            write!(out, ", renamed from {}", escape(object.renamed_from.as_deref().unwrap_or_default()))?;
        }
        ChangeKind::MovedFrom => write!(out, ", moved from {}", other())?,
        ChangeKind::MovedTo => write!(out, ", moved to {}", other())?,
        ChangeKind::Added | ChangeKind::Removed | ChangeKind::Changed => {}
    }
    write_place(out, object.origin.as_ref())?;
    writeln!(out, "</h3>")?;
    let mut lines = Lines::new(usize::MAX, LINE);
    lines.object(object);
    write_lines(out, &lines.list, left)?;
    if !object.noise.is_empty() {
        writeln!(out, "<p class=\"quiet\">Noise</p>")?;
        let mut lines = Lines::new(usize::MAX, LINE);
        lines.fields(&object.noise);
        write_lines(out, &lines.list, left)?;
    }
    Ok(())
}

fn write_lines(out: &mut String, lines: &[Line], left: &mut usize) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    write!(out, "<pre>")?;
    let mut index = 0;
    while index < lines.len() {
        let line = &lines[index];
        let Some(rest) = left.checked_sub(line.text.len() + 1) else { break };
        *left = rest;
        let pair = lines.get(index + 1).filter(|next| (line.sign, next.sign) == (Sign::Removed, Sign::Added));
        let alone = index == 0 || lines[index - 1].sign != Sign::Removed;
        let ends = lines.get(index + 2).is_none_or(|after| after.sign != Sign::Added);
        if let (Some(next), true, true) = (pair, alone, ends) {
            // One line in place of one: what differs within is marked.
            let (before, after) = mark(&line.text, &next.text);
            write!(out, "<span class=\"r\">-{before}</span><span class=\"a\">+{after}</span>")?;
            *left = left.saturating_sub(next.text.len() + 1);
            index += 2;
            continue;
        }
        let class = match line.sign {
            Sign::Removed => " class=\"r\"",
            Sign::Added => " class=\"a\"",
            Sign::Same => "",
        };
        write!(out, "<span{class}>{}{}</span>", line.sign.character(), escape(&line.text))?;
        index += 1;
    }
    writeln!(out, "</pre>")?;
    if index < lines.len() {
        writeln!(out, "<p class=\"quiet\">{} not shown</p>", count(lines.len() - index, "line"))?;
    }
    Ok(())
}

fn write_place(out: &mut String, origin: Option<&Origin>) -> fmt::Result {
    let Some(origin) = origin else { return Ok(()) };
    let line = origin.line.map(|line| format!(":{line}")).unwrap_or_default();
    write!(out, " <code class=\"quiet\">{}{line}</code>", escape(&origin.file))
}
