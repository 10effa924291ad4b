//! The comment on a pull request.

use super::dialect::Dialect;
use super::escape::{code_span, html_in_markdown, longest_run};
use super::lines::Lines;
use super::page::Page;
use super::sections::{self, NAME, place};
use super::{COMMENT_BYTES, count, headline, verdict};
use crate::change::{ApplicationKey, Noise};
use crate::findings::{ApplicationReport, ChangeKind, ObjectReport, Review, Severity, Verdict};

/// The most lines of one object.
const OBJECT_LINES: usize = 200;

/// The most characters of a line.
const LINE: usize = 400;

/// What a block needs for its last words: that something is missing, and its end.
const ENDING: usize = 160;

/// How a comment is written.
#[derive(Clone, Debug, Default)]
pub struct MarkdownOptions {
    /// Whose Markdown it is.
    pub dialect: Dialect,
    /// Tells this comment from others of Oarlock on the same pull request. Only letters, digits,
    /// `-`, `_` and `.` of it are used.
    pub key: String,
    /// Where the whole diff is: a link, or the name of an artefact.
    pub artefact: Option<String>,
}

/// The comment, of at most [`COMMENT_BYTES`]. Its first line is a comment in HTML that is the same
/// for every commit of a pull request, by which a program finds the comment to edit.
pub fn markdown(review: &Review, options: &MarkdownOptions) -> String {
    let footer = sections::footer(review, options.artefact.as_deref());
    // Room for the footer, and for saying what is missing.
    let mut page = Page::new(COMMENT_BYTES - footer.len() - ENDING);
    page.add(&marker(&options.key));
    page.add(&format!("### {}\n\n", verdict(review)));
    match review.verdict {
        Verdict::Same => page.add(&format!("{}.\n\n", headline(&review.counts))),
        _ => page.add(&format!("{}\n\n", headline(&review.counts))),
    };
    let blocks = [
        sections::findings(review, Severity::Blocking, options.dialect),
        sections::failures(review),
        sections::findings(review, Severity::Caution, options.dialect),
        sections::versions(review),
        sections::more_findings(review),
        sections::external(review),
    ];
    let mut missing = 0;
    for block in blocks.into_iter().flatten() {
        missing += usize::from(!page.add(&block));
    }
    let hidden = details(&mut page, &review.applications);
    page.extend(ENDING);
    let mut notes = Vec::new();
    if !hidden.is_empty() {
        let objects = hidden.iter().map(|application| application.objects.len()).sum();
        notes.push(format!(
            "{} with {} not shown",
            count(hidden.len(), "Application"),
            count(objects, "object")
        ));
    }
    if missing > 0 {
        notes.push(format!("{} not shown", count(missing, "section")));
    }
    if !notes.is_empty() {
        page.add(&format!("**Cut to fit: {}.**\n\n", notes.join(", ")));
    }
    page.extend(footer.len());
    page.add(&footer);
    page.into_text()
}

fn marker(key: &str) -> String {
    let key: String =
        key.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(64).collect();
    // Two hyphens would end a comment.
    let parts: Vec<&str> = key.split('-').filter(|part| !part.is_empty()).collect();
    let key = parts.join("-");
    if key.is_empty() {
        "<!-- oarlock:diff -->\n".to_owned()
    } else {
        format!("<!-- oarlock:diff:{key} -->\n")
    }
}

/// Adds the details of Applications, and returns those that found no room.
fn details<'a>(page: &mut Page, applications: &'a [ApplicationReport]) -> Vec<&'a ApplicationReport> {
    let mut hidden = Vec::new();
    for (index, application) in applications.iter().enumerate() {
        // A large Application leaves room for those after it.
        let left = applications.len() - index;
        let share = (page.room() / 3).max(page.room() / left);
        match block(application, share) {
            Some(block) if page.add(&block) => {}
            _ => hidden.push(application),
        }
    }
    hidden
}

/// The details of an Application within so many bytes; `None` if not even its first object has
/// room.
fn block(application: &ApplicationReport, most: usize) -> Option<String> {
    const END: &str = "</details>\n\n";
    let file = match &application.file {
        Some(file) => format!(" \u{b7} <code>{}</code>", html_in_markdown(file, NAME)),
        None => String::new(),
    };
    let mut text = format!(
        "<details><summary>{} {}{file}</summary>\n\n",
        title(&application.application),
        counts(application),
    );
    let room = most.checked_sub(text.len() + END.len() + ENDING)?;
    let start = text.len();
    let mut shown = 0;
    for object in &application.objects {
        let left = room.saturating_sub(text.len() - start);
        let Some(block) = object_block(object, left) else { break };
        text += &block;
        shown += 1;
    }
    if shown == 0 && !application.objects.is_empty() {
        return None;
    }
    if shown < application.objects.len() {
        append!(text, "{} not shown\n\n", count(application.objects.len() - shown, "object"));
    }
    if application.ignored > 0 {
        append!(text, "{} with ignored differences\n\n", count(application.ignored, "object"));
    }
    Some(text + END)
}

fn title(key: &ApplicationKey) -> String {
    let code = |text: &str| format!("<code>{}</code>", html_in_markdown(text, NAME));
    match key.cluster.as_str() {
        "" => code(&key.name),
        cluster => format!("{} on {}", code(&key.name), code(cluster)),
    }
}

fn counts(application: &ApplicationReport) -> String {
    let number = |kinds: &[ChangeKind]| {
        application.objects.iter().filter(|object| kinds.contains(&object.change)).count()
    };
    let counts = format!(
        "+{} ~{} \u{2212}{}",
        number(&[ChangeKind::Added]),
        number(&[ChangeKind::Changed, ChangeKind::Renamed, ChangeKind::MovedFrom, ChangeKind::MovedTo]),
        number(&[ChangeKind::Removed]),
    );
    match application.change {
        ChangeKind::Added => format!("is new: {counts}"),
        ChangeKind::Removed => format!("is removed: {counts}"),
        _ if application.routine => format!("{counts} \u{b7} routine"),
        _ => counts,
    }
}

/// An object within so many bytes; `None` if there is no room for any of it.
fn object_block(object: &ObjectReport, most: usize) -> Option<String> {
    let mut text = format!("{}\n\n", heading(object));
    let mut lines = Lines::new(OBJECT_LINES, LINE);
    lines.object(object);
    // Clipped to what may be shown, so that a run of backticks is short.
    let run = lines.list.iter().map(|line| longest_run(&line.text)).max().unwrap_or_default();
    let fence = "`".repeat((run + 1).max(3));
    let mut room = most.checked_sub(text.len() + 2 * fence.len() + ENDING)?;
    if !lines.list.is_empty() {
        append!(text, "{fence}diff\n");
        let mut shown = 0;
        for line in &lines.list {
            let line = format!("{}{}\n", line.sign.character(), line.text);
            let Some(left) = room.checked_sub(line.len()) else { break };
            room = left;
            text += &line;
            shown += 1;
        }
        if shown == 0 {
            return None;
        }
        append!(text, "{fence}\n\n");
        let hidden = lines.list.len() - shown + lines.more;
        if hidden > 0 {
            append!(text, "{} not shown\n\n", count(hidden, "line"));
        }
    }
    if !object.noise.is_empty() {
        append!(text, "{}\n\n", noise(object));
    }
    Some(text)
}

fn heading(object: &ObjectReport) -> String {
    let name = code_span(&object.object.to_string(), NAME);
    let other = || object.other.as_ref().map(|key| code_span(&key.to_string(), NAME)).unwrap_or_default();
    let what = match object.change {
        ChangeKind::Added => format!("**+** {name}"),
        ChangeKind::Removed => format!("**\u{2212}** {name}"),
        ChangeKind::Changed => format!("**~** {name}"),
        ChangeKind::Renamed => {
            let from = object.renamed_from.as_deref().unwrap_or_default();
            format!("**~** {name}, renamed from {}", code_span(from, NAME))
        }
        ChangeKind::MovedFrom => format!("**~** {name}, moved from {}", other()),
        ChangeKind::MovedTo => format!("**\u{2212}** {name}, moved to {}", other()),
    };
    match &object.origin {
        Some(origin) => format!("{what} \u{b7} {}", place(origin)),
        None => what,
    }
}

/// What differs beside, in few words.
pub(super) fn noise(object: &ObjectReport) -> String {
    let number = |noise| object.noise.iter().filter(|field| field.noise == Some(noise)).count();
    let parts = [
        (number(Noise::ChartLabel), "chart label"),
        (number(Noise::Checksum), "checksum"),
        (number(Noise::Listed), "listed field"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| count(number, noun))
        .collect();
    format!("Noise: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Options, Side, compare_sides};
    use crate::findings::{Commit, review};

    fn written(key: &str, artefact: &str) -> String {
        let side = Side::default();
        let comparison = compare_sides(&side, &side, &Options::default());
        let commit = || Commit { name: "1f0c2d7".into(), reference: None };
        let artefact = Some(artefact.to_owned());
        let options = MarkdownOptions { key: key.into(), artefact, ..MarkdownOptions::default() };
        markdown(&review(&comparison, commit(), commit()), &options)
    }

    #[test]
    fn the_marker_is_one_whatever_the_key() {
        for (key, expected) in [
            ("", "<!-- oarlock:diff -->"),
            ("prod.eu-1", "<!-- oarlock:diff:prod.eu-1 -->"),
            ("a-->\n<b>", "<!-- oarlock:diff:a-b -->"),
            ("----", "<!-- oarlock:diff -->"),
        ] {
            assert_eq!(written(key, "x").lines().next(), Some(expected));
        }
    }

    #[test]
    fn the_artefact_is_a_link_only_if_it_is_one() {
        for (artefact, expected) in [
            ("https://ci.example.com/a?b=1", "[The whole diff](<https://ci.example.com/a?b=1>)"),
            ("diff.html", "The whole diff is in `diff.html`"),
            ("javascript:alert(1)", "The whole diff is in `javascript:alert(1)`"),
            ("https://x> [y](z)", "The whole diff is in `https://x> [y](z)`"),
        ] {
            assert!(written("", artefact).contains(expected), "{artefact}");
        }
    }
}
