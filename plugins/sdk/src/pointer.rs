//! Places in a configuration, which plugins see as JSON: only the host knows in which file it is written.

use std::fmt::Write as _;

use crate::Origin;

/// A key of a mapping, or a place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl Origin {
    /// A place in the request's configuration, for a failure or a warning about it: the keys that lead there. The host replaces it with
    /// the place in the file where that is written.
    ///
    /// As a path it is a JSON pointer (RFC 6901), which no path of the tree can be, since those are never absolute.
    ///
    /// ```
    /// use oarlock_plugin::Origin;
    ///
    /// assert_eq!(Origin::in_config(["secrets", "db/main", "path"]).path, "/secrets/db~1main/path");
    /// ```
    pub fn in_config<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self::file(pointer(keys.into_iter().map(|key| Step::Key(key.to_owned()))))
    }

    /// A field of the object that is written at this place, by the keys that lead there; places in lists are numbers from 0. The host
    /// replaces it with the line of the field, where the object stands in the file as it is.
    ///
    /// ```
    /// use oarlock_plugin::Origin;
    ///
    /// let field = Origin::at("app/a.yaml", 1, 1).within(["metadata".to_owned(), "name".to_owned()]);
    /// assert_eq!(field.to_string(), "app/a.yaml#/metadata/name:1:1");
    /// ```
    #[must_use]
    pub fn within(&self, keys: impl IntoIterator<Item = String>) -> Self {
        let pointer = pointer(keys.into_iter().map(Step::Key));
        match pointer.as_str() {
            "/" => self.clone(),
            pointer => Self { path: format!("{}#{pointer}", self.path), ..self.clone() },
        }
    }

    /// Where the object starts that has this field, and the keys that lead to the field.
    pub fn split_field(&self) -> Option<(Self, Vec<String>)> {
        let (path, pointer) = self.path.split_once("#/")?;
        let keys = Self::file(format!("/{pointer}")).config_keys()?;
        Some((Self { path: path.to_owned(), ..self.clone() }, keys))
    }

    /// The keys of a place in the configuration; `None` for a place in a file. Places in lists are numbers from 0.
    pub fn config_keys(&self) -> Option<Vec<String>> {
        let rest = self.path.strip_prefix('/')?;
        let key = |key: &str| key.replace("~1", "/").replace("~0", "~");
        Some(if rest.is_empty() { Vec::new() } else { rest.split('/').map(key).collect() })
    }
}

pub(crate) fn pointer(steps: impl IntoIterator<Item = Step>) -> String {
    let mut text = String::new();
    for step in steps {
        let _ = match step {
            Step::Key(key) => write!(text, "/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => write!(text, "/{index}"),
        };
    }
    if text.is_empty() { "/".to_owned() } else { text }
}

/// Steps as people write them: `a.b[0]`.
pub(crate) fn display(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let _ = match step {
            Step::Key(key) if text.is_empty() => write!(text, "{key}"),
            Step::Key(key) => write!(text, ".{key}"),
            Step::Index(index) => write!(text, "[{index}]"),
        };
    }
    text
}

/// What a JSON text has at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The way there.
    pub(crate) steps: Vec<Step>,
    /// Whether it is the key of the last step, and not its value.
    pub(crate) is_key: bool,
}

/// The value or key that a reader of valid JSON has come to after so many lines and bytes of the last of them, as `serde_json` counts.
pub(crate) fn find(json: &str, line: usize, column: usize) -> Found {
    let before: usize = json.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = before + column;
    let bytes = json.as_bytes();
    let mut open: Vec<Step> = Vec::new();
    let mut found = Found { steps: Vec::new(), is_key: false };
    let mut at = 0;
    // Whether the next text is a key.
    let mut key_next = false;
    while at < bytes.len() && at < end {
        match bytes[at] {
            b'{' => {
                found = Found { steps: open.clone(), is_key: false };
                open.push(Step::Key(String::new()));
                key_next = true;
                at += 1;
            }
            b'[' => {
                found = Found { steps: open.clone(), is_key: false };
                open.push(Step::Index(0));
                key_next = false;
                at += 1;
            }
            b'}' | b']' => {
                open.pop();
                found = Found { steps: open.clone(), is_key: false };
                key_next = false;
                at += 1;
            }
            b',' => {
                key_next = match open.last_mut() {
                    Some(Step::Index(index)) => {
                        *index += 1;
                        false
                    }
                    _ => true,
                };
                at += 1;
            }
            b':' | b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'"' => {
                let start = at;
                at = end_of_text(bytes, at);
                if key_next {
                    key_next = false;
                    if let Some(Step::Key(key)) = open.last_mut() {
                        *key = serde_json::from_str(&json[start..at]).unwrap_or_default();
                    }
                    found = Found { steps: open.clone(), is_key: true };
                } else {
                    found = Found { steps: open.clone(), is_key: false };
                }
            }
            _ => {
                let rest = &bytes[at..];
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
                at += rest.iter().position(ends).unwrap_or(rest.len()).max(1);
                found = Found { steps: open.clone(), is_key: false };
            }
        }
    }
    found
}

/// Behind a text that starts here.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_name_keys() {
        for keys in [&[][..], &["a"], &["a/b", "~1", ""], &["0", "x y"]] {
            let origin = Origin::in_config(keys.iter().copied());
            assert_eq!(origin.config_keys().unwrap(), keys, "{}", origin.path);
        }
        assert_eq!(Origin::file("a/b.yaml").config_keys(), None);
    }

    #[test]
    fn places_are_found_by_line_and_column() {
        let json = "{\"a\": 1, \"b\": [true,\n {\"c\\\"d\": \"x, ]\"}], \"e\": {}}";
        let place = |line, column| {
            let Found { steps, is_key } = find(json, line, column);
            (display(&steps), is_key)
        };
        for (line, column, steps, is_key) in [
            (1, 1, "", false),
            (1, 4, "a", true),
            (1, 7, "a", false),
            (1, 12, "b", true),
            (1, 15, "b", false),
            (1, 19, "b[0]", false),
            (2, 2, "b[1]", false),
            (2, 8, "b[1].c\"d", true),
            (2, 16, "b[1].c\"d", false),
            (2, 17, "b[1]", false),
            (2, 18, "b", false),
            (2, 27, "e", false),
            (2, 28, "", false),
            (9, 99, "", false),
        ] {
            assert_eq!(place(line, column), (steps.to_owned(), is_key), "{line}:{column}");
        }
    }
}
