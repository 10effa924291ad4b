//! Words of commands that hints suggest. Names from a repository stand in them, and people paste
//! them into a shell.

/// A text as one word of a shell, whatever is in it.
///
/// ```
/// use oarlock_model::shell_word;
///
/// assert_eq!(shell_word("charts/web"), "charts/web");
/// assert_eq!(shell_word("web; rm -rf ."), "'web; rm -rf .'");
/// ```
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+=".contains(c);
    // For zsh, `=ls` is the path of `ls`.
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('=') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A relative path as one word of a shell, which no program takes for one of its options.
pub fn shell_path(path: &str) -> String {
    if path.starts_with('-') { shell_word(&format!("./{path}")) } else { shell_word(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell_are_quoted_where_they_must_be() {
        for (text, expected) in [
            ("a/b=1", "a/b=1"),
            (".;../base", "'.;../base'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("*", "'*'"),
            ("~root", "'~root'"),
            ("=ls", "'=ls'"),
            ("$(id)`id`", "'$(id)`id`'"),
            ("a\nid", "'a\nid'"),
        ] {
            assert_eq!(shell_word(text), expected, "{text}");
        }
        assert_eq!(shell_path("-rf x"), "'./-rf x'");
    }
}
