//! Field paths: taking them apart as kustomize does.

use std::borrow::Cow;

use oarlock_bytes::find;
use oarlock_plugin::{Failure, Result};

/// Splits at a delimiter, an ASCII character that a backslash can escape. One leading delimiter is
/// allowed and dropped (kustomize's `PathSplitter`).
pub(crate) fn split(path: &str, delimiter: char) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = Some(path.strip_prefix(delimiter).unwrap_or(path));
    while let Some(path) = rest {
        let (part, after) = split_first(path, delimiter);
        parts.push(part.into_owned());
        rest = after;
    }
    parts
}

/// The first part of what [`split`] makes of a path, and the rest; for a walk that often ends after
/// a step or two.
pub(crate) fn split_first(path: &str, delimiter: char) -> (Cow<'_, str>, Option<&str>) {
    let mut before = 0;
    for (at, byte) in path.bytes().enumerate() {
        if char::from(byte) == delimiter && before != b'\\' {
            return (unescape(&path[..at], delimiter), Some(&path[at + 1..]));
        }
        before = byte;
    }
    (unescape(path, delimiter), None)
}

/// Takes away the backslashes before delimiters.
fn unescape(part: &str, delimiter: char) -> Cow<'_, str> {
    if find(b'\\', part.as_bytes()).is_none() {
        return Cow::Borrowed(part);
    }
    Cow::Owned(part.replace(&format!("\\{delimiter}"), &delimiter.to_string()))
}

/// Splits at dots, but not within brackets: `a.[name=x.y].b` has three parts. A list selector
/// (`[key=value]`) keeps its brackets, a bracketed key that holds dots (`[example.com/a.b]`) loses
/// them (kustomize's `SmarterPathSplitter`).
pub(crate) fn split_dots(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = split(path, '.').into_iter();
    while let Some(mut part) = rest.next() {
        if part.starts_with('[') && !part.ends_with(']') {
            for more in rest.by_ref() {
                part.push('.');
                part.push_str(&more);
                if more.ends_with(']') {
                    break;
                }
            }
            if !part.contains('=') {
                part = part.trim_matches(['[', ']']).to_string();
            }
        }
        parts.push(part);
    }
    parts
}

/// The index that a part of a path is, if it is one. A minus sign is read as Go's `Atoi` reads it.
pub(crate) fn index(part: &str) -> Option<i64> {
    part.parse().ok()
}

/// Key and value of a list selector: `[name=nginx]`, or `[=value]` for elements that are scalars.
/// `None` if the part is not in brackets.
///
/// # Errors
/// If there is no `=` between the brackets.
pub(crate) fn list_selector(part: &str) -> Option<Result<(&str, &str)>> {
    let inner = part.strip_prefix('[')?.strip_suffix(']')?;
    let malformed = || Failure::new(format!("`{part}` must have the form `[key=value]`"));
    Some(inner.split_once('=').ok_or_else(malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_split_unless_escaped() {
        let cases: [(&str, &[&str]); 9] = [
            (r"a\/b\/c/d", &["a/b/c", "d"]),
            (r"a\//b\", &["a/", r"b\"]),
            ("a/b/c", &["a", "b", "c"]),
            ("/a/b", &["a", "b"]),
            (r"metadata/annotations/example.com\/name", &["metadata", "annotations", "example.com/name"]),
            ("", &[""]),
            ("/", &[""]),
            ("a//b", &["a", "", "b"]),
            ("spec/containers[]/image", &["spec", "containers[]", "image"]),
        ];
        for (path, parts) in cases {
            assert_eq!(split(path, '/'), parts, "{path}");
        }
    }

    #[test]
    fn dots_split_unless_escaped_or_bracketed() {
        let cases: [(&str, &[&str]); 6] = [
            ("spec.containers.[name=a.b.c].image", &["spec", "containers", "[name=a.b.c]", "image"]),
            ("metadata.annotations.[a.b/c]", &["metadata", "annotations", "a.b/c"]),
            (r"metadata.annotations.a\.b/c", &["metadata", "annotations", "a.b/c"]),
            ("spec.ports.0", &["spec", "ports", "0"]),
            ("a.[b", &["a", "b"]),
            ("a.[b=c", &["a", "[b=c"]),
        ];
        for (path, parts) in cases {
            assert_eq!(split_dots(path), parts, "{path}");
        }
    }

    #[test]
    fn list_selectors_are_told_from_keys() {
        assert_eq!(list_selector("[name=a=b]"), Some(Ok(("name", "a=b"))));
        assert_eq!(list_selector("[=x]"), Some(Ok(("", "x"))));
        assert!(list_selector("[x]").is_some_and(|selector| selector.is_err()));
        assert_eq!(list_selector("x"), None);
    }
}
