//! From a placeholder's modifiers to an expression of the operator's templates.

use oarlock_plugin::nearest;

use crate::generate::{go_string, value_of};

use super::placeholder::{Modifier, Placeholder};

/// The modifiers that argocd-vault-plugin has.
const MODIFIERS: [&str; 7] =
    ["base64encode", "base64decode", "sha256sum", "jsonParse", "jsonPath", "yamlParse", "indent"];

/// What is done to a value, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Encode,
    Decode,
    Sha256,
    FromJson,
    Dig(Vec<String>),
}

/// The steps that a placeholder's modifiers ask for.
///
/// # Errors
/// The modifier that has no equivalent, and why.
pub(super) fn steps(placeholder: &Placeholder) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for modifier in &placeholder.modifiers {
        match modifier.name.as_str() {
            "base64encode" => steps.push(Step::Encode),
            "base64decode" => steps.push(Step::Decode),
            "sha256sum" => steps.push(Step::Sha256),
            "jsonParse" => steps.push(Step::FromJson),
            "jsonPath" => {
                // argocd-vault-plugin parses a text by itself; the operator's function does not.
                if steps.last() != Some(&Step::FromJson) {
                    steps.push(Step::FromJson);
                }
                steps.push(Step::Dig(json_path(modifier)?));
            }
            "yamlParse" => return Err("`yamlParse`: the operator's templates do not read YAML".to_owned()),
            "indent" => {
                return Err("`indent`: it trims the lines and leaves the first, which no function of the operator does".to_owned());
            }
            // In a Secret everything between `<` and `>` is a placeholder, so what follows a `|`
            // may be a part of a value.
            name => {
                return Err(match nearest(name, MODIFIERS) {
                    Some(near) => format!("a modifier is unknown; did you mean `{near}`?"),
                    None => "argocd-vault-plugin has no such modifier as the placeholder names".to_owned(),
                });
            }
        }
    }
    if steps.last() == Some(&Step::FromJson) {
        return Err("`jsonParse` at the end: what it gives is no text".to_owned());
    }
    Ok(steps)
}

/// Leaves out what a step undoes of the one before it.
pub(super) fn simplify(steps: Vec<Step>) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::new();
    for step in steps {
        if step == Step::Decode && kept.last() == Some(&Step::Encode) {
            kept.pop();
        } else {
            kept.push(step);
        }
    }
    kept
}

/// The expression for a key of Vault and what is done to it.
pub(super) fn expression(vault_key: &str, steps: &[Step]) -> String {
    steps.iter().fold(value_of(vault_key), |inner, step| match step {
        Step::Encode => format!("b64enc ({inner})"),
        Step::Decode => format!("b64dec ({inner})"),
        Step::Sha256 => format!("sha256sum ({inner})"),
        Step::FromJson => format!("fromJson ({inner})"),
        Step::Dig(names) => {
            let names: Vec<String> = names.iter().map(|name| go_string(name)).collect();
            format!("dig {} \"\" ({inner})", names.join(" "))
        }
    })
}

/// The names on the way of a plain path: `{.a.b}`, `{$.a.b}`, `{.a['b']}`. Filters, ranges, unions
/// and indices have no equivalent.
fn json_path(modifier: &Modifier) -> Result<Vec<String>, String> {
    let whole = modifier.arguments.as_str();
    let no = || "`jsonPath`: only a plain path such as `{.a.b}` has an equivalent".to_owned();
    let path = whole.strip_prefix('{').and_then(|path| path.strip_suffix('}')).ok_or_else(no)?.trim();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (name, tail) = if let Some(quoted) = rest.strip_prefix("['") {
            quoted.split_once("']").ok_or_else(no)?
        } else {
            let plain = rest.strip_prefix('.').ok_or_else(no)?;
            plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len()))
        };
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "*@?,:()[]{}\\'\"|".contains(c)) {
            return Err(no());
        }
        names.push(name.to_owned());
        rest = tail;
    }
    if names.is_empty() { Err(no()) } else { Ok(names) }
}

#[cfg(test)]
mod tests {
    use super::super::placeholder::{Piece, pieces};
    use super::*;

    fn convert(text: &str) -> Result<String, String> {
        let Some(Piece::Placeholder(placeholder)) = pieces(text, true).pop() else { panic!("{text}") };
        Ok(expression(&placeholder.key, &simplify(steps(&placeholder)?)))
    }

    #[test]
    fn modifiers_with_an_equivalent() {
        for (text, expected) in [
            ("<k>", r#"get .Secrets "k""#),
            ("<k | base64encode>", r#"b64enc (get .Secrets "k")"#),
            ("<k | base64decode | sha256sum>", r#"sha256sum (b64dec (get .Secrets "k"))"#),
            ("<k | base64encode | base64decode>", r#"get .Secrets "k""#),
            ("<k | jsonPath {.a.b}>", r#"dig "a" "b" "" (fromJson (get .Secrets "k"))"#),
            ("<k | jsonParse | jsonPath {.a}>", r#"dig "a" "" (fromJson (get .Secrets "k"))"#),
            ("<k | jsonPath {$.a['b.c'].d}>", r#"dig "a" "b.c" "d" "" (fromJson (get .Secrets "k"))"#),
        ] {
            assert_eq!(convert(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn modifiers_without_an_equivalent() {
        for text in [
            "<k | yamlParse>",
            "<k | indent 2>",
            "<k | jsonParse>",
            "<k | upper>",
            "<k | jsonPath {.a[0]}>",
            "<k | jsonPath {.a[*]}>",
            "<k | jsonPath {..a}>",
            "<k | jsonPath {range .a}x{end}>",
            "<k | jsonPath .a>",
            "<k | jsonPath {.a} {.b}>",
            "<k | jsonPath {}>",
            "<k | jsonPath {.a['b','c']}>",
        ] {
            assert!(convert(text).is_err(), "{text}");
        }
    }
}
