//! The result as a table, and for programs.

use std::fmt::Write as _;

use oarlock_engine::printable;
use serde::Serialize;

use crate::kind::ToolKind;
use crate::outcome::{Row, Status};
use crate::run::Seconds;
use crate::tool::Tool;

/// The version of the form for programs. It rises when a reader of the version before would be
/// misled.
const FORMAT_VERSION: u32 = 1;

/// The most lines of differences that people are shown for one directory.
const LINES: usize = 20;

/// The result for every directory, and the totals of each tool.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    format_version: u32,
    tools: Vec<Tool>,
    totals: Vec<Total>,
    directories: Vec<Row>,
}

/// The results for one tool's directories.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Total {
    tool: ToolKind,
    directories: usize,
    same: usize,
    same_objects: usize,
    differs: usize,
    refused_by_tool: usize,
    refused_by_oarlock: usize,
    refused_by_both: usize,
    /// The time of directories that both rendered.
    tool_seconds: Seconds,
    oarlock_seconds: Seconds,
    /// How many times longer the tool took for them; absent if both rendered none.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

impl Comparison {
    pub(crate) fn new(tools: Vec<Tool>, directories: Vec<Row>) -> Self {
        let totals = tools.iter().map(|tool| total(tool.kind, &directories)).collect();
        Self { format_version: FORMAT_VERSION, tools, totals, directories }
    }

    /// Whether Oarlock did in every directory what the tool did.
    pub fn is_same(&self) -> bool {
        self.directories.iter().all(|row| row.status.is_equal())
    }

    /// The result for people: the table, the differences, the totals.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{:<20}{:<11}{:>10}{:>10}{:>8}  DIRECTORY\n",
            "RESULT", "TOOL", "TOOL'S", "OARLOCK'S", "RATIO"
        );
        for row in &self.directories {
            let _ = writeln!(
                text,
                "{:<20}{:<11}{:>10}{:>10}{:>8}  {}",
                row.status.words(),
                row.tool.name(),
                time(row.tool_seconds),
                time(row.oarlock_seconds),
                ratio(row.tool_seconds, row.oarlock_seconds)
                    .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.1}")),
                printable::line(&row.directory.display().to_string())
            );
        }
        for row in self.directories.iter().filter(|row| !row.status.is_equal()) {
            let _ = writeln!(
                text,
                "\n{}: {}",
                printable::line(&row.directory.display().to_string()),
                row.status.words()
            );
            let errors = [("tool", &row.tool_error), ("oarlock", &row.oarlock_error)];
            for (name, error) in errors {
                if let Some(error) = error {
                    let _ = writeln!(text, "  {name}: {}", printable::line(error));
                }
            }
            for line in row.differences.iter().take(LINES) {
                let _ = writeln!(text, "  {}", printable::line(line));
            }
            if let Some(more @ 1..) = row.differences.len().checked_sub(LINES) {
                let _ = writeln!(text, "  … {more} more lines; `--output json` prints all of them");
            }
        }
        text.push('\n');
        for (tool, total) in self.tools.iter().zip(&self.totals) {
            text.push_str(&sentence(tool, total));
        }
        text
    }
}

fn total(kind: ToolKind, rows: &[Row]) -> Total {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.tool == kind).collect();
    let count = |status: Status| rows.iter().filter(|row| row.status == status).count();
    let both = rows.iter().filter(|row| row.tool_error.is_none() && row.oarlock_error.is_none());
    let (mut tool_seconds, mut oarlock_seconds) = (Seconds(0.0), Seconds(0.0));
    for row in both {
        tool_seconds.0 += row.tool_seconds.0;
        oarlock_seconds.0 += row.oarlock_seconds.0;
    }
    Total {
        tool: kind,
        directories: rows.len(),
        same: count(Status::Same),
        same_objects: count(Status::SameObjects),
        differs: count(Status::Differs),
        refused_by_tool: count(Status::RefusedByTool),
        refused_by_oarlock: count(Status::RefusedByOarlock),
        refused_by_both: count(Status::RefusedByBoth),
        tool_seconds,
        oarlock_seconds,
        ratio: ratio(tool_seconds, oarlock_seconds).map(|ratio| (ratio * 10.0).round() / 10.0),
    }
}

/// The results for a tool's directories, in a line.
fn sentence(tool: &Tool, total: &Total) -> String {
    let profile = tool.profile.map_or("no profile has this version, so the default".to_owned(), |profile| {
        format!("profile {profile}")
    });
    let parts = [
        (total.same, Status::Same),
        (total.same_objects, Status::SameObjects),
        (total.differs, Status::Differs),
        (total.refused_by_tool, Status::RefusedByTool),
        (total.refused_by_oarlock, Status::RefusedByOarlock),
        (total.refused_by_both, Status::RefusedByBoth),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, status)| *count > 0 || *status == Status::Same)
        .map(|(count, status)| format!("{count} {}", status.words()))
        .collect();
    let mut text = format!(
        "{} {} ({profile}): {} of {}",
        tool.kind,
        printable::line(&tool.version),
        parts.join(", "),
        total.directories
    );
    if let Some(ratio) = total.ratio {
        let _ = write!(
            text,
            "; {} and {}: {ratio:.1} times",
            time(total.tool_seconds),
            time(total.oarlock_seconds)
        );
    }
    text.push('\n');
    text
}

fn ratio(theirs: Seconds, ours: Seconds) -> Option<f64> {
    (theirs.0 > 0.0 && ours.0 > 0.0).then(|| theirs.0 / ours.0)
}

fn time(Seconds(seconds): Seconds) -> String {
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}
