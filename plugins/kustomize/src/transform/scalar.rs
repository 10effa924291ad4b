//! Writing into scalars as kustomize does.
//!
//! kustomize's setters either give the new scalar a type, or leave it without one and keep the
//! quotes of the old one. What has neither type nor quotes gets its type from its spelling when it
//! is printed: a name that becomes `1e5` turns into a number.

use oarlock_plugin::{Failure, Result};
use oarlock_yaml::{Node, Scalar, ScalarKind, Text, Value, resolve_plain};

/// Puts a scalar of a given type in place of a scalar or of null. Between the quotes of the old one
/// it becomes a string.
///
/// # Errors
/// If a mapping or a list is there.
pub(crate) fn replace(node: &mut Node, kind: ScalarKind, text: impl Into<Text>) -> Result<()> {
    let quoted = expect_scalar(node)?.quoted;
    let kind = if quoted { ScalarKind::String } else { kind };
    node.value = Value::Scalar(Scalar { kind, text: text.into(), quoted });
    Ok(())
}

/// Sets the text of a scalar and leaves its type to its spelling, unless the old one was quoted.
///
/// # Errors
/// If a mapping or a list is there.
pub(crate) fn respell(node: &mut Node, text: impl Into<Text>) -> Result<()> {
    let quoted = expect_scalar(node)?.quoted;
    let text = text.into();
    let kind = if quoted || text.contains('\n') { ScalarKind::String } else { resolve_plain(&text) };
    node.value = Value::Scalar(Scalar { kind, text, quoted });
    Ok(())
}

/// Sets the text of a scalar that keeps its type.
///
/// # Errors
/// If the text cannot be of that type: kustomize fails when it prints such a scalar.
pub(crate) fn retext(node: &mut Node, text: &str) -> Result<()> {
    write(node, text, false)
}

/// As [`retext`], where one of the two is of a Secret: the message has neither of them.
///
/// # Errors
/// As [`retext`].
pub(crate) fn retext_secret(node: &mut Node, text: &str) -> Result<()> {
    write(node, text, true)
}

fn write(node: &mut Node, text: &str, is_secret: bool) -> Result<()> {
    expect_scalar(node)?;
    // A scalar that a transformer made has no type before it is printed.
    let is_made = node.span == oarlock_yaml::Span::default();
    let found = node.kind_name();
    let Some(scalar) = node.as_scalar_mut() else { return Ok(()) };
    if is_made && scalar.kind != ScalarKind::String {
        scalar.kind = resolve_plain(text);
    }
    let fits = match scalar.kind {
        ScalarKind::String | ScalarKind::Binary => true,
        ScalarKind::Float => matches!(resolve_plain(text), ScalarKind::Float | ScalarKind::Int),
        kind => resolve_plain(text) == kind,
    };
    if !fits {
        let message = if is_secret {
            format!("cannot write a value of another type in place of the {found}")
        } else {
            format!("cannot write `{text}` in place of the {found} `{}`", scalar.text)
        };
        return Err(Failure::new(message)
            .hint("put the old value in quotes to make it a string, or give a value of the same type"));
    }
    scalar.text = text.into();
    Ok(())
}

fn expect_scalar(node: &Node) -> Result<&Scalar> {
    node.as_scalar().ok_or_else(|| wrong_kind("scalar", node))
}

/// The failure of a step that needs another kind of node.
pub(crate) fn wrong_kind(expected: &str, found: &Node) -> Failure {
    Failure::new(format!("expected a {expected}, found a {}", found.kind_name()))
}

#[cfg(test)]
mod tests {
    use oarlock_yaml::Span;

    use super::*;

    fn read(node: Node) -> Node {
        node.with_span(Span { line: 1, column: 1 })
    }

    fn quoted(text: &str) -> Node {
        Node::new(Value::Scalar(Scalar { kind: ScalarKind::String, text: text.into(), quoted: true }))
    }

    #[test]
    fn replaced_scalars_keep_their_quotes() {
        for (mut node, kind) in [(Node::int(1), ScalarKind::Int), (quoted("1"), ScalarKind::String)] {
            replace(&mut node, ScalarKind::Int, "3").unwrap();
            assert_eq!(node, Node::scalar(kind, "3"));
        }
        assert!(replace(&mut Node::empty_sequence(), ScalarKind::Int, "3").is_err());
    }

    #[test]
    fn respelled_scalars_get_the_type_of_their_spelling() {
        let cases = [
            (Node::string("web"), "prod-web", ScalarKind::String),
            (Node::string("e5"), "1e5", ScalarKind::Float),
            (Node::plain("5"), "15", ScalarKind::Int),
            (quoted("5"), "15", ScalarKind::String),
            (Node::plain("5"), "a-5", ScalarKind::String),
        ];
        for (mut node, text, kind) in cases {
            respell(&mut node, text).unwrap();
            assert_eq!(node, Node::scalar(kind, text));
        }
        assert!(respell(&mut Node::empty_mapping(), "x").is_err());
    }

    #[test]
    fn retexted_scalars_keep_their_type() {
        let cases = [
            (read(Node::string("a")), "8080", Some(ScalarKind::String)),
            (read(Node::int(1)), "8080", Some(ScalarKind::Int)),
            (read(Node::int(1)), "http", None),
            (read(Node::scalar(ScalarKind::Float, "1.5")), "2", Some(ScalarKind::Float)),
            (read(Node::null()), "a", None),
            (read(Node::bool(true)), "false", Some(ScalarKind::Bool)),
            (Node::plain(""), "8080", Some(ScalarKind::Int)),
            (Node::plain(""), "http", Some(ScalarKind::String)),
        ];
        for (mut node, text, kind) in cases {
            let before = node.clone();
            if let Some(kind) = kind {
                retext(&mut node, text).unwrap();
                assert_eq!(node, Node::scalar(kind, text));
            } else {
                assert!(retext(&mut node, text).is_err(), "{before:?} took {text}");
                let message = retext_secret(&mut node, text).unwrap_err().message;
                assert!(message.starts_with("cannot write a value of another type"), "{message}");
            }
        }
    }
}
