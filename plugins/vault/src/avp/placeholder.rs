//! The placeholder syntax.

use oarlock_plugin::Manifest;

/// A text, cut at its placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Placeholder(Placeholder),
}

/// `<key>`, or `<path:API/PATH#key>`, or `<path:API/PATH#key#version>`, each with modifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    /// The path written in the placeholder, and the version if there is one.
    pub(super) inline: Option<(String, Option<String>)>,
    pub(super) key: String,
    pub(super) modifiers: Vec<Modifier>,
}

/// `| name arguments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Modifier {
    pub(super) name: String,
    pub(super) arguments: String,
}

/// Where a placeholder reads: API path and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SecretPath {
    pub(super) path: String,
    pub(super) version: Option<String>,
}

impl Placeholder {
    /// Where the placeholder reads: its own path, else that of the object's annotations.
    pub(super) fn source(&self, manifest: &Manifest) -> Option<SecretPath> {
        if let Some((path, version)) = &self.inline {
            return Some(SecretPath { path: path.clone(), version: version.clone() });
        }
        let version = manifest.annotation("avp.kubernetes.io/secret-version");
        let path = super::annotated_path(manifest)?.to_owned();
        Some(SecretPath { path, version: version.filter(|version| !version.is_empty()).map(str::to_owned) })
    }
}

/// Whether a text has a placeholder. With `generic` every `<…>` is one, else only those with a
/// path.
pub(crate) fn has_placeholder(text: &str, generic: bool) -> bool {
    pieces(text, generic).iter().any(|piece| matches!(piece, Piece::Placeholder(_)))
}

/// Cuts a text at its placeholders.
pub(super) fn pieces(text: &str, generic: bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut search) = (0, 0);
    while let Some(start) = text[search..].find('<').map(|start| search + start) {
        let Some((placeholder, end)) = placeholder_at(text, start, generic) else {
            search = start + 1;
            continue;
        };
        if from < start {
            pieces.push(Piece::Text(&text[from..start]));
        }
        pieces.push(Piece::Placeholder(placeholder));
        (from, search) = (end, end);
    }
    if from < text.len() {
        pieces.push(Piece::Text(&text[from..]));
    }
    pieces
}

/// The placeholder that opens at `start`, up to the next `>`, and where it ends.
fn placeholder_at(text: &str, start: usize, generic: bool) -> Option<(Placeholder, usize)> {
    let body = &text[start + 1..];
    let length = body.find('>')?;
    let end = start + 1 + length + 1;
    let body = &body[..length];
    let inline = body.strip_prefix("path:").filter(|path| path.contains('#'));
    // `.` of the generic pattern stops at the end of the line; and `<>` and `< >` are the operators
    // of some language.
    if inline.is_none() && (!generic || body.contains('\n') || body.trim().is_empty()) {
        return None;
    }
    let mut stages = body.split('|');
    let head = stages.next().unwrap_or_default().trim();
    let modifiers = stages.map(modifier).collect();
    let Some(head) = head.strip_prefix("path:").filter(|_| inline.is_some()) else {
        return Some((Placeholder { inline: None, key: head.to_owned(), modifiers }, end));
    };
    let parts: Vec<&str> = head.split('#').collect();
    let (path, key, version) = match parts[..] {
        [path, key] => (path, key, None),
        [path, key, version] => (path, key, Some(version.trim())),
        _ => return None,
    };
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    let key = key.trim();
    (!path.is_empty() && !key.is_empty()).then(|| {
        (Placeholder { inline: Some((path.to_owned(), version)), key: key.to_owned(), modifiers }, end)
    })
}

fn modifier(stage: &str) -> Modifier {
    let stage = stage.trim();
    let (name, arguments) = stage.split_once(char::is_whitespace).unwrap_or((stage, ""));
    Modifier { name: name.to_owned(), arguments: arguments.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces in a line: text as it is, placeholders as `[path#key#version|modifier arguments]`.
    fn spelled(text: &str, generic: bool) -> String {
        let spell = |piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Placeholder(Placeholder { inline, key, modifiers }) => {
                let (path, version) = inline.unwrap_or_default();
                let modifiers: Vec<_> = modifiers
                    .iter()
                    .map(|modifier| format!("|{}({})", modifier.name, modifier.arguments))
                    .collect();
                format!("[{path}#{key}#{}{}]", version.unwrap_or_default(), modifiers.concat())
            }
        };
        pieces(text, generic).into_iter().map(spell).collect()
    }

    #[test]
    fn reads_placeholders() {
        for (text, generic, expected) in [
            ("<path:kv/data/a#b>", false, "[kv/data/a#b#]"),
            ("<path:kv/data/a#b#3>", false, "[kv/data/a#b#3]"),
            ("<path:kv/data/a# b >", false, "[kv/data/a#b#]"),
            ("x<path:a#b>y<path:a#c>", false, "x[a#b#]y[a#c#]"),
            ("<path:a#b | base64encode | jsonPath {.a}>", false, "[a#b#|base64encode()|jsonPath({.a})]"),
            ("<b>", false, "<b>"),
            ("<b>", true, "[#b#]"),
            ("<path:a#b> <c>", true, "[a#b#] [#c#]"),
            ("<b | sha256sum>", true, "[#b#|sha256sum()]"),
            ("a < b", true, "a < b"),
            ("<>", true, "<>"),
            ("<a\nb>", true, "<a\nb>"),
            ("<path:a>", false, "<path:a>"),
            ("<path:a>", true, "[#path:a#]"),
            ("<path:a#b#c#d>", false, "<path:a#b#c#d>"),
            ("<<path:a#b>>", false, "<[a#b#]>"),
            ("ü<path:ä#ö>ß", false, "ü[ä#ö#]ß"),
        ] {
            assert_eq!(spelled(text, generic), expected, "{text}");
        }
    }
}
