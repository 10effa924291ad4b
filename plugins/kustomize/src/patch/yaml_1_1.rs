//! YAML 1.1, in which kustomize reads JSON patches, while resources are YAML 1.2 to it.

use oarlock_yaml::{Node, ScalarKind, Value};

/// Whether a text without quotes is a string in both versions of YAML.
pub(crate) fn reads_as_string(text: &str) -> bool {
    oarlock_yaml::resolve_plain(text) == ScalarKind::String && truth(text).is_none()
}

/// Reads again, as YAML 1.1, what was read as YAML 1.2: plain `yes` and `off` are truth values, dates are strings.
pub(crate) fn reread(node: &mut Node) {
    match &mut node.value {
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::String if !scalar.quoted => {
                if let Some(truth) = truth(&scalar.text) {
                    scalar.kind = ScalarKind::Bool;
                    scalar.text = truth.into();
                }
            }
            ScalarKind::Timestamp => scalar.kind = ScalarKind::String,
            _ => {}
        },
        Value::Sequence(elements) => elements.iter_mut().for_each(reread),
        Value::Mapping(fields) => fields.iter_mut().for_each(|entry| reread(&mut entry.value)),
    }
}

fn truth(text: &str) -> Option<&'static str> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some("true"),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some("false"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_are_truth_values() {
        for (text, quoted, expected) in [
            ("yes", false, "true"),
            ("Off", false, "false"),
            ("yes", true, "yes"),
            ("yess", false, "yess"),
            ("yES", false, "yES"),
        ] {
            let mut node = Node::string(text);
            node.as_scalar_mut().unwrap().quoted = quoted;
            reread(&mut node);
            assert_eq!(node.scalar_text(), Some(expected), "{text}");
            assert_eq!(node.as_bool().is_some(), expected != text, "{text}");
        }
    }
}
