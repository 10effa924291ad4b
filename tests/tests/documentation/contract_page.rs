//! The contract as a page: what `wit/plugin.wit` says, with a table for each record, variant and
//! enumeration.
//!
//! Reads the one file that it is for: an item begins on a line of its own, and what a line belongs
//! to is known by its indentation.

use std::fmt::Write as _;

/// The width that prose wraps at.
const WIDTH: usize = 100;

const HEAD: &str = "# The contract

All types and functions between Oarlock and its plugins, as [`wit/plugin.wit`](../../wit/plugin.wit)
declares them; this page is generated from that file. [Writing plugins](../plugin-author.md) says how
to use them in each language, and [wit/README.md](../../wit/README.md) how the contract may change.
";

/// The page for the text of a WIT file.
pub(super) fn page(wit: &str) -> String {
    let mut text = HEAD.to_owned();
    let mut docs: Vec<&str> = Vec::new();
    let mut in_table = false;
    for line in wit.lines() {
        let indentation = line.len() - line.trim_start().len();
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.trim());
            continue;
        }
        let documentation = std::mem::take(&mut docs).join(" ");
        let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (indentation, keyword) {
            (_, "" | "}" | "use") => in_table = false,
            (0, "package") => {
                section(&mut text, &format!("Package `{}`", rest.trim_end_matches(';')), 2, &documentation);
            }
            (0, "interface" | "world") => {
                section(
                    &mut text,
                    &format!("{} `{}`", titled(keyword), rest.trim_end_matches(" {")),
                    2,
                    &documentation,
                );
            }
            (_, "record" | "variant" | "enum") if rest.ends_with('{') => {
                section(
                    &mut text,
                    &format!("{} `{}`", titled(keyword), rest.trim_end_matches(" {")),
                    3,
                    &documentation,
                );
                text.push_str(match keyword {
                    "record" => "\n| field | type | |\n|---|---|---|\n",
                    _ => "\n| case | |\n|---|---|\n",
                });
                in_table = true;
            }
            _ if in_table => text.push_str(&row(line, &documentation)),
            (_, "import") => {
                let _ = writeln!(text, "\nImports `{}`.", rest.trim_end_matches(';'));
            }
            _ => {
                let signature = line.trim_end_matches(';');
                let name = signature.trim_start_matches("export ").split(':').next().unwrap_or_default();
                section(&mut text, &format!("`{}`", name.trim_start_matches('%')), 3, "");
                let _ = writeln!(text, "\n```wit\n{signature}\n```");
                paragraph(&mut text, &documentation);
            }
        }
    }
    text
}

fn section(text: &mut String, title: &str, level: usize, documentation: &str) {
    let _ = writeln!(text, "\n{} {title}", "#".repeat(level));
    paragraph(text, documentation);
}

/// A keyword as the first word of a heading.
fn titled(keyword: &str) -> String {
    let keyword = if keyword == "enum" { "enumeration" } else { keyword };
    keyword[..1].to_uppercase() + &keyword[1..]
}

/// One field of a record, or one case of a variant or an enumeration.
fn row(line: &str, documentation: &str) -> String {
    let item = line.trim_end_matches(',').trim_start_matches('%');
    let documentation = documentation.replace('|', "\\|");
    match item.split_once(": ") {
        Some((name, kind)) => format!("| `{name}` | `{kind}` | {documentation} |\n"),
        None => format!("| `{item}` | {documentation} |\n"),
    }
}

/// Prose, wrapped; nothing where there is none.
fn paragraph(text: &mut String, prose: &str) {
    let mut column = 0;
    for word in prose.split_whitespace() {
        let width = word.chars().count();
        if column == 0 {
            text.push('\n');
        } else if column + 1 + width > WIDTH {
            text.push('\n');
            column = 0;
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    if column > 0 {
        text.push('\n');
    }
}

#[test]
fn items_become_sections_and_tables() {
    let wit = "/// Doc.\npackage a:b@1.0.0;\n\n/// Types.\ninterface types {\n    /// A place.\n    record origin {\n        /// Path | way.\n        path: string,\n    }\n}\n\nworld plugin {\n    import source;\n    use types.{origin};\n\n    /// Says it.\n    export describe: func() -> origin;\n}\n";
    let made = page(wit);
    let made = made.strip_prefix(HEAD).unwrap();
    let expected = "\n## Package `a:b@1.0.0`\n\nDoc.\n\n## Interface `types`\n\nTypes.\n\n### Record `origin`\n\nA place.\n\n| field | type | |\n|---|---|---|\n| `path` | `string` | Path \\| way. |\n\n## World `plugin`\n\nImports `source`.\n\n### `describe`\n\n```wit\nexport describe: func() -> origin\n```\n\nSays it.\n";
    assert_eq!(made, expected);
}
