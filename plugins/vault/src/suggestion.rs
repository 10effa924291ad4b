//! "Did you mean": the nearest of the known names.

use oarlock_plugin::nearest;

/// A hint that names the known word nearest to `word`, or lists all where none is near; empty where
/// they are many.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() > 20 => String::new(),
        None => format!("known are {}", list(&known)),
    }
}

/// Names in backticks, comma-separated.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_or_lists_all() {
        for (word, expected) in [
            ("refreshafter", "did you mean `refreshAfter`?"),
            ("refreshAftr", "did you mean `refreshAfter`?"),
            ("pth", "did you mean `path`?"),
            ("colour", "known are `path`, `refreshAfter`"),
        ] {
            assert_eq!(did_you_mean(word, ["path", "refreshAfter"]), expected);
        }
    }
}
