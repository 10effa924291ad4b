//! Entries of `remotes` in oarlock.yaml: they are added, and all else stays as it is.

use std::path::Path;

use oarlock_plugin::{Failure, Origin, ReadError, TreePath};
use oarlock_yaml::{Dialect, Limits, Mapping, Node, Reader, Value, emit, parse_one};

use crate::error::VendorError;
use oarlock_engine::pipeline::FILE_NAMES;
use oarlock_engine::source::Source;

/// How far entries are indented where there is none yet.
const INDENT: &str = "  ";

/// The oarlock.yaml at the root of a tree with entries added: its name and its text.
///
/// # Errors
/// If it cannot be read, or is written in a way that cannot be added to line by line.
pub(crate) fn with(
    tree: &dyn Source,
    entries: &[(&str, &TreePath)],
) -> Result<(&'static str, String), Failure> {
    let name = FILE_NAMES.into_iter().find(|name| tree.stat(name).is_ok()).unwrap_or(FILE_NAMES[0]);
    // Read as plugins would: no link leads out of the tree.
    let old = match tree.read(name) {
        Ok(text) => String::from_utf8(text)
            .map_err(|_| Failure::new(format!("`{name}` is not UTF-8")).at(Origin::file(name)))?,
        Err(ReadError::NotFound) => String::new(),
        Err(error) => return Err(error.at(name)),
    };
    let new = add(&old, entries).map_err(|failure| failure.at(Origin::file(name)))?;
    Ok((name, new))
}

/// Writes a file as a whole.
///
/// # Errors
/// If the operating system refuses.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), VendorError> {
    oarlock_distribution::write(path, text.as_bytes())
        .map_err(|source| VendorError::Write { path: path.to_owned(), source })
}

/// The text with entries added.
fn add(text: &str, entries: &[(&str, &TreePath)]) -> Result<String, Failure> {
    let parse = |text: &str| {
        parse_one(text.as_bytes(), Reader::Oarlock, Limits::default())
            .map(|node| node.filter(|node| !node.is_null()).unwrap_or_else(Node::empty_mapping))
    };
    let old = parse(text).map_err(|error| Failure::new(error.message))?;
    let lines = |indent: &str| -> Result<String, Failure> {
        let mut lines = String::new();
        for (url, place) in entries {
            let mut entry = Mapping::default();
            entry.insert(*url, Node::string(place.as_str()));
            let entry = emit(&Node::new(Value::Mapping(entry)), Dialect::Kustomize)
                .map_err(|error| Failure::new(error.to_string()))?;
            lines.push_str(indent);
            lines.push_str(&entry);
        }
        Ok(lines)
    };
    let key = old.as_mapping().and_then(|mapping| mapping.entry("remotes"));
    let new = match key.map(|entry| (entry.key.span.line, entry.value.as_mapping())) {
        None => {
            let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            format!("{text}{end}{gap}remotes:\n{}", lines(INDENT)?)
        }
        Some((line, None)) => insert_after(text, line, &lines(INDENT)?),
        Some((line, Some(remotes))) => {
            let first = remotes.iter().next().map(|entry| entry.key.span.column.saturating_sub(1) as usize);
            let last = remotes.iter().map(|entry| entry.value.span.line).max().unwrap_or(line);
            insert_after(text, last, &lines(&" ".repeat(first.unwrap_or(INDENT.len())))?)
        }
    };
    // The file is added to line by line, so whether the outcome is what was meant has to be seen.
    let mut wanted = old;
    if let Some(mapping) = wanted.as_mapping_mut() {
        let remotes = mapping.get_or_insert_with("remotes", Node::empty_mapping);
        if remotes.is_null() {
            *remotes = Node::empty_mapping();
        }
        for (url, place) in entries {
            if let Some(remotes) = remotes.as_mapping_mut() {
                remotes.insert(*url, Node::string(place.as_str()));
            }
        }
    }
    match parse(&new) {
        Ok(found) if found == wanted => Ok(new),
        _ => Err(Failure::new("`remotes` is written in a way that cannot be added to").hint(format!(
            "write it with an entry a line, or add these by hand:\n{}",
            lines("")?.trim_end()
        ))),
    }
}

/// The text with lines added behind one, counted from 1.
fn insert_after(text: &str, line: u32, lines: &str) -> String {
    let end = text.match_indices('\n').nth((line as usize).saturating_sub(1)).map(|(index, _)| index + 1);
    match end {
        Some(end) => format!("{}{lines}{}", &text[..end], &text[end..]),
        None => format!("{text}\n{lines}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://h.example/o/r?ref=v1";

    fn added(text: &str) -> Result<String, Failure> {
        add(text, &[(URL, &TreePath::new("vendor/r").unwrap())])
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for (old, new) in [
            ("", "remotes:\n  https://h.example/o/r?ref=v1: vendor/r\n"),
            (
                "# mine\nallowEmpty: true",
                "# mine\nallowEmpty: true\n\nremotes:\n  https://h.example/o/r?ref=v1: vendor/r\n",
            ),
            (
                "remotes: # copies\n    a: b # keep\n    # and this\nallowEmpty: true\n",
                "remotes: # copies\n    a: b # keep\n    https://h.example/o/r?ref=v1: vendor/r\n    # and this\nallowEmpty: true\n",
            ),
            ("remotes:\n  a: b", "remotes:\n  a: b\n  https://h.example/o/r?ref=v1: vendor/r\n"),
            (
                "remotes:\nallowEmpty: true\n",
                "remotes:\n  https://h.example/o/r?ref=v1: vendor/r\nallowEmpty: true\n",
            ),
        ] {
            assert_eq!(added(old).unwrap(), new, "{old}");
        }
    }

    #[test]
    fn what_cannot_be_added_to_is_left_alone() {
        for text in
            ["remotes: {}\n", "remotes: {a: b}\n", "{allowEmpty: true}\n", "remotes:\n  a: >\n    b\n  "]
        {
            let failure = added(text).unwrap_err();
            assert!(failure.hint.unwrap().contains("https://h.example/o/r?ref=v1: vendor/r"), "{text}");
        }
    }
}
