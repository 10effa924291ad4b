//! Types of scalars as the API server's YAML reader sees them.
//!
//! The codec resolves scalars as kustomize does. Argo CD reads plain manifests with `sigs.k8s.io/yaml`, which still speaks YAML 1.1:
//! plain `yes` and `off` are truth values, a date is text, and every key becomes text.

use oarlock_yaml::{EmitError, Key, Node, Scalar, ScalarKind, Value, to_json};

/// Turns the scalars of a tree, in place, into what YAML 1.1 makes of them.
///
/// # Errors
/// If a key is `null`.
pub(crate) fn as_yaml_1_1(node: &mut Node) -> Result<(), EmitError> {
    match &mut node.value {
        Value::Scalar(scalar) => retype(scalar),
        Value::Sequence(items) => items.iter_mut().try_for_each(as_yaml_1_1)?,
        Value::Mapping(mapping) => {
            for entry in mapping.iter_mut() {
                key_to_text(&mut entry.key)?;
                as_yaml_1_1(&mut entry.value)?;
            }
        }
    }
    Ok(())
}

fn retype(scalar: &mut Scalar) {
    match scalar.kind {
        ScalarKind::String if !scalar.quoted => {
            if let Some(value) = truth(&scalar.text) {
                scalar.kind = ScalarKind::Bool;
                scalar.text = if value { "true" } else { "false" }.into();
            }
        }
        ScalarKind::Timestamp => scalar.kind = ScalarKind::String,
        // Left out as in `{a: }`, which the codec keeps apart from a written `null`.
        ScalarKind::Null => scalar.text = "null".into(),
        _ => {}
    }
}

/// The truth values of YAML 1.1 beyond `true` and `false`.
fn truth(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Spells a key as Go prints its value: `0x10` becomes `16`.
fn key_to_text(key: &mut Key) -> Result<(), EmitError> {
    match key.kind {
        ScalarKind::Null => {
            return Err(EmitError::KeyNotText { text: key.text.to_string(), kind: key.kind });
        }
        ScalarKind::Bool | ScalarKind::Int | ScalarKind::Float => {
            key.text = to_json(&Node::scalar(key.kind, key.text.clone()))?.into();
        }
        ScalarKind::String | ScalarKind::Timestamp | ScalarKind::Binary => {}
    }
    key.kind = ScalarKind::String;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oarlock_yaml::{Limits, parse_one};

    #[test]
    fn reads_as_the_api_server_does() {
        for (yaml, json) in [
            (
                "[yes, No, on, OFF, y, 'yes', \"off\", yEs]",
                r#"[true,false,true,false,true,"yes","off","yEs"]"#,
            ),
            ("2001-01-01", r#""2001-01-01""#),
            ("{a: }", r#"{"a":null}"#),
            ("{1: a, 0x10: b, true: c, 1.5: d}", r#"{"1":"a","16":"b","true":"c","1.5":"d"}"#),
            ("a: {8080: http}", r#"{"a":{"8080":"http"}}"#),
        ] {
            let mut node = parse_one(yaml.as_bytes(), Limits::default()).unwrap().unwrap();
            as_yaml_1_1(&mut node).unwrap();
            assert_eq!(to_json(&node).unwrap(), json, "{yaml}");
        }
    }

    #[test]
    fn no_key_is_null() {
        let mut node = parse_one(b"a: {~: b}", Limits::default()).unwrap().unwrap();
        assert!(as_yaml_1_1(&mut node).is_err());
    }
}
