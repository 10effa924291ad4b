//! Which part of a file's lines may be the value of a Secret, so that no excerpt shows it.
//!
//! Excerpts are shown of files that could not be parsed, too, so this goes by lines and errs on the
//! safe side: behind the first key that can hold values, only keys and the fields that every Secret
//! has are shown up to the end of the document.

use std::path::Path;

/// Keys of a Secret under which its values are.
const DATA: [&str; 2] = ["data", "stringData"];

/// Fields beside those, of Secrets and of patches, which end the part with values when they are not
/// below it.
const FIELDS: [&str; 12] = [
    "apiVersion",
    "kind",
    "metadata",
    "type",
    "immutable",
    "op",
    "path",
    "from",
    "target",
    "patch",
    "spec",
    "status",
];

/// Fields of a generator, which end its literals.
const GENERATOR_FIELDS: [&str; 9] =
    ["name", "namespace", "files", "envs", "env", "behavior", "type", "options", "literals"];

/// What a document may hold.
#[derive(Clone, Copy, Default)]
struct Holds {
    /// A Secret, or a part of one.
    secret: bool,
    /// A JSON patch of what may be one.
    patch: bool,
    /// Literals that a Secret is generated from.
    literals: bool,
}

impl Holds {
    fn of(document: &[&str]) -> Self {
        let mut holds = Self::default();
        for line in document {
            holds.secret |= line.contains("stringData") || names_secret(line);
            holds.patch |= line.contains("/data") || line.contains("/stringData");
            holds.literals |= line.contains("secretGenerator") || line.contains("SecretGenerator");
        }
        holds
    }

    fn anything(self) -> bool {
        self.secret || self.patch || self.literals
    }

    /// Whether values stand behind a key.
    fn begins(self, key: &str) -> Option<Part> {
        let is_data = DATA.iter().any(|data| key.eq_ignore_ascii_case(data));
        if self.secret && is_data || self.patch && key == "value" {
            return Some(Part::Values);
        }
        (self.literals && key == "literals").then_some(Part::Literals)
    }
}

/// Whether a line says that something is a Secret.
fn names_secret(line: &str) -> bool {
    let Some((_, rest)) = line.split_once("kind") else { return false };
    rest.match_indices("Secret").any(|(start, word)| {
        let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        ends(rest[..start].chars().next_back()) && ends(rest[start + word.len()..].chars().next())
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Values,
    Literals,
    /// A mapping in braces, of which lines tell nothing.
    Flow,
}

/// For each line, from which byte on it is not shown.
pub(super) fn hidden(path: &str, lines: &[&str]) -> Vec<Option<usize>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    // Lines of `NAME=VALUE`, which Secrets are generated from.
    if name.starts_with(".env") || Path::new(name).extension().is_some_and(|extension| extension == "env") {
        return lines.iter().map(|line| behind(line, line.find('=').map_or(0, |at| at + 1))).collect();
    }
    let mut hidden = Vec::with_capacity(lines.len());
    for document in lines.split_inclusive(|line| is_separator(line)) {
        document_lines(document, &mut hidden);
    }
    hidden
}

/// Whether a line ends a document. Keys in PEM begin with dashes, too.
fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

#[expect(clippy::match_same_arms, reason = "the arms are tried in order")]
fn document_lines(document: &[&str], hidden: &mut Vec<Option<usize>>) {
    let holds = Holds::of(document);
    if !holds.anything() {
        hidden.resize(hidden.len() + document.len(), None);
        return;
    }
    // The part that values are in, and the column of the key that began it.
    let mut part: Option<(Part, usize)> = None;
    // The column of a key whose value goes on in deeper lines.
    let mut open: Option<usize> = None;
    for line in document {
        let key = Key::of(line);
        let indent = line.len() - line.trim_start().len();
        if is_separator(line) {
            hidden.push(None);
            continue;
        }
        if let (Some((within @ (Part::Values | Part::Literals), column)), Some(key)) = (part, key)
            && key.column <= column
        {
            let fields: &[&str] = if within == Part::Values { &FIELDS } else { &GENERATOR_FIELDS };
            if fields.contains(&key.name) && holds.begins(key.name).is_none() {
                part = None;
                open = None;
            }
        }
        hidden.push(match (part, key) {
            (None, Some(key)) if holds.begins(key.name).is_some() => {
                part = holds.begins(key.name).map(|part| (part, key.column));
                let value = behind(line, key.value);
                open = value.map(|_| key.column);
                value
            }
            (None, _) => match flow(line, holds) {
                Some(at) => {
                    part = Some((Part::Flow, 0));
                    behind(line, at)
                }
                None => None,
            },
            (Some((Part::Flow, _)), _) => behind(line, 0),
            (Some((Part::Literals, _)), _) => {
                let item = line.trim_start().starts_with("- ");
                behind(line, line.find('=').filter(|_| item).map_or(0, |at| at + 1))
            }
            (Some((Part::Values, _)), _) if open.is_some_and(|column| indent > column) => behind(line, 0),
            (Some((Part::Values, _)), Some(key)) => {
                let value = behind(line, key.value);
                open = value.map(|_| key.column);
                value
            }
            (Some((Part::Values, _)), None) => behind(line, 0),
        });
    }
}

/// Hides what follows a byte, if that is anything.
fn behind(line: &str, from: usize) -> Option<usize> {
    let rest = &line[from..];
    let blank = rest.len() - rest.trim_start().len();
    (!rest.trim().is_empty()).then_some(from + blank)
}

/// Behind which byte of a line values stand that are in braces.
fn flow(line: &str, holds: Holds) -> Option<usize> {
    let places = DATA.iter().chain(&["value", "literals"]).filter(|key| holds.begins(key).is_some());
    let ends = places.flat_map(|key| {
        line.match_indices(key).filter_map(|(start, key)| {
            let before = line[..start].trim_end_matches(['"', '\'', '\\']).trim_end();
            let rest = line[start + key.len()..].trim_start_matches(['"', '\'', '\\']).trim_start();
            let is_key = before.ends_with(['{', ',']) && rest.starts_with(':');
            is_key.then(|| line.len() - rest.len() + 1)
        })
    });
    ends.min()
}

/// The key that a line begins with.
#[derive(Clone, Copy)]
struct Key<'a> {
    /// How many characters stand before it, dashes of lists among them.
    column: usize,
    name: &'a str,
    /// The byte behind the colon.
    value: usize,
}

impl<'a> Key<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let mut rest = line.trim_start();
        while let Some(item) = rest.strip_prefix("- ") {
            rest = item.trim_start();
        }
        let column = line.len() - rest.len();
        let (name, behind) = if let Some(quoted) = rest.strip_prefix(['"', '\'']) {
            let end = quoted.find(&rest[..1])?;
            (&quoted[..end], &quoted[end + 1..])
        } else {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./$".contains(c);
            let end = rest.find(|c| !is_plain(c))?;
            (&rest[..end], &rest[end..])
        };
        let value = behind.trim_start().strip_prefix(':')?;
        if name.is_empty() || !(value.is_empty() || value.starts_with([' ', '\t'])) {
            return None;
        }
        Some(Self { column, name, value: line.len() - value.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines as they are shown.
    fn shown(path: &str, text: &str) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let hidden = hidden(path, &lines);
        assert_eq!(hidden.len(), lines.len());
        let line = |(line, hidden): (&&str, Option<usize>)| match hidden {
            Some(from) => format!("{}***\n", &line[..from]),
            None => format!("{line}\n"),
        };
        lines.iter().zip(hidden).map(line).collect()
    }

    #[test]
    fn values_of_secrets_are_hidden() {
        for (text, expected) in [
            (
                "apiVersion: v1\nkind: Secret\nstringData:\n  a: s3cret\n  b: |\n    key: s3cret\n\n    more\n  c:\n    s3cret\ntype: Opaque\n",
                "apiVersion: v1\nkind: Secret\nstringData:\n  a: ***\n  b: ***\n    ***\n\n    ***\n  c:\n    ***\ntype: Opaque\n",
            ),
            // The kind may come last, and the indentation be wrong.
            ("data:\na: s3cret\n s3cret\nkind: Secret\n", "data:\na: ***\n ***\nkind: Secret\n"),
            ("stringData: {a: s3cret,\n  b: s3cret}\n", "stringData: ***\n  ***\n"),
            ("{kind: Secret, data: {a: s3cret}}\n", "{kind: Secret, data: ***\n"),
            (
                "{\n  \"stringData\": {\n    \"a\": \"s3cret\"\n  },\n  \"kind\": \"Secret\"\n}\n",
                "{\n  \"stringData\": ***\n    ***\n  ***\n  \"kind\": \"Secret\"\n}\n",
            ),
            (
                "kind: Secret\nmetadata:\n  annotations:\n    last: '{\"data\":{\"a\":\"s3cret\"}}'\n",
                "kind: Secret\nmetadata:\n  annotations:\n    last: '{\"data\":***\n",
            ),
            (
                "kind: Secret\nstringdata:\n  key: |\n-----BEGIN PRIVATE KEY-----\ns3cret\n---\na: b\n",
                "kind: Secret\nstringdata:\n  key: ***\n***\n***\n---\na: b\n",
            ),
            // Another document's.
            (
                "kind: ConfigMap\ndata:\n  a: b\n---\nkind: Secret\n",
                "kind: ConfigMap\ndata:\n  a: b\n---\nkind: Secret\n",
            ),
            ("kind: ExternalSecret\ndata:\n  a: b\n", "kind: ExternalSecret\ndata:\n  a: b\n"),
            ("kind: 'Secret'\ndata:\n  a: s3cret # s3cret\n", "kind: 'Secret'\ndata:\n  a: ***\n"),
        ] {
            assert_eq!(shown("a.yaml", text), expected, "{text}");
        }
    }

    #[test]
    fn values_that_make_a_secret_are_hidden() {
        for (text, expected) in [
            (
                "secretGenerator:\n- name: a\n  literals:\n  - a=s3cret\n  - s3cret\n  - |\n    s3cret=x\n  type: Opaque\nimages: []\n",
                "secretGenerator:\n- name: a\n  literals:\n  - a=***\n  ***\n  ***\n    ***\n  type: Opaque\nimages: []\n",
            ),
            (
                "secretGenerator: [{name: a, literals: [a=s3cret]}]\n",
                "secretGenerator: [{name: a, literals: ***\n",
            ),
            (
                "- op: test\n  path: /stringData/a\n  value: s3cret\n- op: remove\n  path: /data/a\n",
                "- op: test\n  path: /stringData/a\n  value: ***\n- op: remove\n  path: /data/a\n",
            ),
            (
                "[{\"path\": \"/data/a\", \"value\": \"s3cret\"}]\n",
                "[{\"path\": \"/data/a\", \"value\": ***\n",
            ),
        ] {
            assert_eq!(shown("k.yaml", text), expected, "{text}");
        }
        assert_eq!(shown("x/.env", "A=s3cret\ns3cret\n"), "A=***\n***\n");
    }
}
