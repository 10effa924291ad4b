//! Finding `$(NAME)` in a text. `$$` is a dollar sign; what is not a reference stays as it is.

use super::value::VarValue;

/// Replaces the references in a text. A name that `value` knows nothing of stays. A text that is
/// one reference becomes the value itself, with its type.
pub(super) fn expand(text: &str, mut value: impl FnMut(&str) -> Option<VarValue>) -> VarValue {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        expanded.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        rest = match (after.chars().next(), after.find(')')) {
            (None, _) => {
                expanded.push('$');
                after
            }
            (Some('$'), _) => {
                expanded.push('$');
                &after[1..]
            }
            (Some('('), Some(end)) => {
                let name = &after[1..end];
                let found = value(name).unwrap_or_else(|| VarValue::Text(format!("$({name})").into()));
                if dollar == 0 && rest.len() == text.len() && end + 1 == after.len() {
                    return found;
                }
                expanded.push_str(&found.to_string());
                &after[end + 1..]
            }
            (Some(other), _) => {
                expanded.push('$');
                expanded.push(other);
                &after[other.len_utf8()..]
            }
        };
    }
    expanded.push_str(rest);
    VarValue::Text(expanded.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced() {
        let cases = [
            ("$(A)", VarValue::Int(5)),
            ("a $(A) b $(B)", VarValue::Text("a 5 b text".into())),
            ("$(A)$(A)", VarValue::Text("55".into())),
            ("$(C) and $(C)", VarValue::Text("$(C) and $(C)".into())),
            ("$$(A)", VarValue::Text("$(A)".into())),
            ("$$$(A)", VarValue::Text("$5".into())),
            ("$$$$(A)", VarValue::Text("$$(A)".into())),
            ("a$", VarValue::Text("a$".into())),
            ("$x $(A", VarValue::Text("$x $(A".into())),
            ("$é", VarValue::Text("$é".into())),
            ("$(()", VarValue::Text("$(()".into())),
            ("", VarValue::Text("".into())),
        ];
        for (text, expected) in cases {
            let found = expand(text, |name| match name {
                "A" => Some(VarValue::Int(5)),
                "B" => Some(VarValue::Text("text".into())),
                _ => None,
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
