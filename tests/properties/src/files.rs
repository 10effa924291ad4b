//! Several files in one text.

/// The files of a text: each follows a line `=== PATH`, and what comes before the first such line
/// is the file `first`.
pub(crate) fn files<'a>(first: &'a str, text: &'a str) -> Vec<(&'a str, String)> {
    let mut files = vec![(first, String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(path) => files.push((path.trim(), String::new())),
            None => files.last_mut().expect("the first is there").1.push_str(line),
        }
    }
    files
}
