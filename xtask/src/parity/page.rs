//! The tables of docs/trust.md, with the day on which they were measured.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use jiff::Zoned;

use super::Score;
use crate::workspace::workspace;

const PAGE: &str = "docs/trust.md";
const ENDS: &str = "<!-- end of scores -->";

/// Writes the tables of these tools into the page.
pub(super) fn write(tools: &[(&str, &[Score])]) -> Result<()> {
    let file = workspace().join(PAGE);
    let mut page = std::fs::read_to_string(&file).with_context(|| format!("cannot read {PAGE}"))?;
    let day = Zoned::now().date().to_string();
    for (tool, scores) in tools {
        page = with_table(&page, tool, &table(scores, &day))?;
    }
    std::fs::write(file, page).with_context(|| format!("cannot write {PAGE}"))
}

fn table(scores: &[Score], day: &str) -> String {
    let mut text = format!("Measured on {day}.\n\n| release | profile | same |\n|---|---|---:|\n");
    for Score { version, profile, equal, cases } in scores {
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {version} | `{profile}` | {equal} of {cases} |");
    }
    text
}

/// The page with the table between the marks of a tool.
fn with_table(page: &str, tool: &str, table: &str) -> Result<String> {
    let begins = format!("<!-- scores: {tool} -->");
    let lacks = || format!("{PAGE} has no `{begins}` with an end");
    let (before, rest) = page.split_once(&begins).with_context(lacks)?;
    let (_, after) = rest.split_once(ENDS).with_context(lacks)?;
    Ok(format!("{before}{begins}\n\n{table}\n{ENDS}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stands_between_its_marks() {
        let scores = [Score { version: "v1.2.3", profile: "1.2", equal: 8, cases: 10 }];
        let page = "a\n\n<!-- scores: one -->\nold\n<!-- end of scores -->\n\nb\n<!-- scores: two --><!-- end of scores -->\n";
        let written = with_table(page, "one", &table(&scores, "2026-01-31")).unwrap();
        let expected = "a\n\n<!-- scores: one -->\n\nMeasured on 2026-01-31.\n\n| release | profile | same |\n|---|---|---:|\n| v1.2.3 | `1.2` | 8 of 10 |\n\n<!-- end of scores -->\n\nb\n<!-- scores: two --><!-- end of scores -->\n";
        assert_eq!(written, expected);
        assert_eq!(with_table(&written, "one", &table(&scores, "2026-01-31")).unwrap(), expected);
        assert!(with_table(page, "three", "").is_err());
    }

    #[test]
    fn the_page_has_places_for_both_tools() {
        let page = std::fs::read_to_string(workspace().join(PAGE)).unwrap();
        for tool in ["kustomize", "helm"] {
            let written = with_table(&page, tool, "x\n").unwrap();
            assert!(written.contains(&format!("<!-- scores: {tool} -->\n\nx\n")));
        }
    }
}
