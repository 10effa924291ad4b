//! A review for people: a comment on a pull request, or text for a terminal.
//!
//! Nothing that comes from a repository is markup in any of these: names stand in code spans that
//! they cannot end, and characters that a reader does not see are written as escapes.

mod dialect;
pub(crate) mod escape;
mod json;
pub(crate) mod lines;
mod markdown;
mod page;
mod sections;
mod text;

pub use dialect::Dialect;
pub use json::{ReadError, json, json_schema, read_json};
pub use markdown::{MarkdownOptions, markdown};
pub use text::text;

use crate::findings::{Counts, Review, Severity, Verdict};

/// The most bytes that a comment has. Forges count characters, of which there are never more.
pub const COMMENT_BYTES: usize = 65_536;

/// The verdict in words.
pub(crate) fn verdict(review: &Review) -> String {
    let number = |severity| review.findings.iter().filter(|finding| finding.severity == severity).count();
    let (blocking, cautions) = (number(Severity::Blocking), number(Severity::Caution));
    let mut attention = Vec::new();
    if review.verdict == Verdict::Failed {
        attention.push(format!("{} failed to render", count(review.counts.failed, "Application")));
    }
    if blocking > 0 {
        attention.push(format!("{blocking} blocking"));
    }
    if cautions > 0 {
        attention.push(count(cautions, "caution"));
    }
    let unknown = review.external.iter().filter(|external| external.changed).count();
    match review.verdict {
        Verdict::Same => "No rendered changes".to_owned(),
        Verdict::Routine => "Routine: only images and chart labels change".to_owned(),
        Verdict::Changed if review.applications.is_empty() && unknown > 0 => {
            format!("{} changed, and not rendered", count(unknown, "Application"))
        }
        Verdict::Changed => "Rendered changes".to_owned(),
        Verdict::Caution | Verdict::Blocking | Verdict::Failed => {
            format!("Needs attention: {}", attention.join(", "))
        }
    }
}

/// The counts in one line: `+12 ~40 −3 in 9 Applications on 3 clusters`.
pub(crate) fn headline(counts: &Counts) -> String {
    if counts.applications == 0 {
        return match counts.unchanged {
            0 => "nothing to compare".to_owned(),
            unchanged => format!("{} unchanged", self::count(unchanged, "Application")),
        };
    }
    format!(
        "+{} ~{} \u{2212}{} in {} on {}",
        counts.added,
        counts.changed,
        counts.removed,
        count(counts.applications, "Application"),
        count(counts.clusters, "cluster"),
    )
}

/// What is not in the differences: the rest of the fleet, noise, what is ignored.
pub(crate) fn remainder(counts: &Counts) -> String {
    let mut parts = vec![format!("{} unchanged", count(counts.unchanged, "Application"))];
    if counts.failed > 0 {
        parts.push(format!("{} failed", counts.failed));
    }
    if counts.external > 0 {
        parts.push(format!("{} not rendered", counts.external));
    }
    if counts.noise > 0 {
        parts.push(format!("{} with noise only", count(counts.noise, "object")));
    }
    if counts.ignored > 0 {
        parts.push(format!("{} with ignored differences", count(counts.ignored, "object")));
    }
    parts.join(", ")
}

/// `1 object`, `2 objects`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
