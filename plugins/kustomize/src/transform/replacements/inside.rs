//! Field paths that lead on into the JSON or YAML that a text holds.

use oarlock_yaml::{Limits, Node, Reader, Scalar, ScalarKind, Span, Text, Value, parse, to_json};

use super::super::lookup::{find, find_or_make};
use super::super::path::split_dots;
use super::super::scalar::retext;
use super::target_path::TargetPath;
use crate::resource::Resource;

/// Writes a value into the document that a text on the way of a path holds. Whether there is such a
/// field; where there is none, the path is an ordinary one. `options` but for `create` mean nothing
/// inside of a text, as in kustomize.
pub(super) fn write(resource: &mut Resource, path: &TargetPath, create: bool, value: &Node) -> bool {
    let parts = split_dots(path.text());
    // The first text on the way counts, whatever it holds: nearly every text can be read as YAML.
    let is_text = |length: &usize| {
        matches!(find(&resource.object, &parts[..*length]), Ok(Some(Node { value: Value::Scalar(_), .. })))
    };
    let Some(length) = (1..parts.len()).find(is_text) else { return false };
    let Ok(inner) = TargetPath::of_parts(path.text(), parts[length..].to_vec()) else { return false };
    let Ok(Some(field)) = find_or_make(&mut resource.object, &parts[..length]) else { return false };
    let old = field.scalar_text().unwrap_or_default();
    let Some(new) = replaced(old, &inner, create, value) else { return false };
    retext(field, &new).is_ok()
}

/// The text with the value written into its document.
fn replaced(text: &str, path: &TargetPath, create: bool, value: &Node) -> Option<String> {
    let documents = parse(text.as_bytes(), Reader::KustomizeResource, Limits::default()).ok()?;
    let mut document = documents.into_iter().next()?.root;
    let mut written = Vec::new();
    let mut set = |field: &mut Node| {
        if let (Value::Scalar(scalar), Some(text)) = (&field.value, value.scalar_text()) {
            written.push((field.span, scalar.clone()));
            return retext(field, text);
        }
        written.push((field.span, Scalar { kind: ScalarKind::Null, text: Text::default(), quoted: false }));
        field.value = value.value.clone();
        Ok(())
    };
    let count = path.visit(&mut document, create.then_some(value), &mut set).ok()?;
    if count == 0 {
        return None;
    }
    if text.trim_start().starts_with(['{', '[']) {
        return as_json(&document, text);
    }
    let new = respelled(text, written, value.scalar_text()?)?;
    // Written into the text as it stands, which keeps order and comments; so whether that came out
    // as it was meant has to be seen.
    let found =
        parse(new.as_bytes(), Reader::KustomizeResource, Limits::default()).ok()?.into_iter().next()?.root;
    (found == document).then(|| new.trim().to_owned())
}

/// YAML with scalars in it replaced, and all else as it was. `None` where one is not written in its
/// place in the way it reads.
fn respelled(text: &str, mut scalars: Vec<(Span, Scalar)>, new: &str) -> Option<String> {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    // From behind, so that places before stay where they are.
    scalars.sort_by_key(|(span, _)| std::cmp::Reverse((span.line, span.column)));
    for (span, old) in scalars {
        let line = lines.get_mut((span.line as usize).checked_sub(1)?)?;
        let column = (span.column as usize).checked_sub(1)?;
        let (start, _) = line.char_indices().nth(column)?;
        let quotes: &[&str] = if old.quoted { &["'", "\""] } else { &[""] };
        let quote =
            quotes.iter().find(|quote| line[start..].starts_with(&format!("{quote}{}{quote}", old.text)))?;
        let end = start + old.text.len() + 2 * quote.len();
        line.replace_range(start..end, &format!("{quote}{new}{quote}"));
    }
    Some(lines.concat())
}

/// As Go writes JSON: keys sorted, and signs that HTML knows escaped. On several lines if the text
/// was.
fn as_json(document: &Node, text: &str) -> Option<String> {
    let mut json: serde_json::Value = serde_json::from_str(&to_json(document).ok()?).ok()?;
    json.sort_all_objects();
    let is_pretty = text.contains('\n') && text.contains("  ");
    let json =
        if is_pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) }.ok()?;
    let escaped = json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    Some(escaped.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
}
