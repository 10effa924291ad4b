//! Where in a JSON text a reader stopped.

use oarlock_model::{Pointer, Step};

/// What a JSON text has at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// The way there.
    pub(crate) pointer: Pointer,
    /// Whether it is the key of the last step, and not its value.
    pub(crate) is_key: bool,
}

impl Located {
    fn new(steps: &[Step], is_key: bool) -> Self {
        Self { pointer: steps.iter().cloned().collect(), is_key }
    }

    /// The field for a message, as `` `a.b`:`` after a space; nothing where the whole is meant. A
    /// key that is wrong by itself is in the message, so the field is the one around it.
    pub(crate) fn field(&self) -> String {
        let field: Pointer = match self.pointer.steps().split_last() {
            Some((_, outer)) if self.is_key => outer.iter().cloned().collect(),
            _ => self.pointer.clone(),
        };
        if field.is_root() { String::new() } else { format!(" `{field}`:") }
    }
}

/// The value or key that a reader of valid JSON has come to after so many lines and bytes of the
/// last of them, as `serde_json` counts.
pub(crate) fn locate(json: &str, line: usize, column: usize) -> Located {
    let before: usize = json.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = before + column;
    let bytes = json.as_bytes();
    let mut open: Vec<Step> = Vec::new();
    let mut found = Located::new(&[], false);
    let mut at = 0;
    // Whether the next text is a key.
    let mut key_next = false;
    while at < bytes.len() && at < end {
        match bytes[at] {
            b'{' => {
                found = Located::new(&open, false);
                open.push(Step::Key(String::new()));
                key_next = true;
                at += 1;
            }
            b'[' => {
                found = Located::new(&open, false);
                open.push(Step::Index(0));
                key_next = false;
                at += 1;
            }
            b'}' | b']' => {
                open.pop();
                found = Located::new(&open, false);
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
                    found = Located::new(&open, true);
                } else {
                    found = Located::new(&open, false);
                }
            }
            _ => {
                let rest = &bytes[at..];
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
                at += rest.iter().position(ends).unwrap_or(rest.len()).max(1);
                found = Located::new(&open, false);
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
    fn places_are_found_by_line_and_column() {
        let json = "{\"a\": 1, \"b\": [true,\n {\"c\\\"d\": \"x, ]\"}], \"e\": {}}";
        let place = |line, column| {
            let Located { pointer, is_key } = locate(json, line, column);
            (pointer.to_string(), is_key)
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
