//! Values of variables and how they are written.

use std::fmt;

use oarlock_yaml::{Node, ScalarKind, Text, Value};

use super::super::lookup::find;
use super::super::path::split_dots;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum VarValue {
    Text(Text),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// A list or a mapping, which no string can hold.
    Other,
}

impl VarValue {
    /// The value of a field, if it is there and can be read.
    pub(super) fn read(object: &Node, path: &str) -> Option<Self> {
        let parts: Vec<_> = split_dots(path).into_iter().flat_map(split_index).collect();
        let found = find(object, &parts).ok()??;
        let Value::Scalar(scalar) = &found.value else { return Some(Self::Other) };
        match scalar.kind {
            ScalarKind::Int => scalar.text.parse().ok().map(Self::Int),
            ScalarKind::Float => scalar.text.parse().ok().map(Self::Float),
            ScalarKind::Bool => found.as_bool().map(Self::Bool),
            _ => Some(Self::Text(scalar.text.clone())),
        }
    }

    /// The value as it stands alone.
    pub(super) fn into_node(self) -> Node {
        match self {
            Self::Text(text) => Node::string(text),
            Self::Int(int) => Node::int(int),
            Self::Float(float) => Node::scalar(ScalarKind::Float, float.to_string()),
            Self::Bool(bool) => Node::bool(bool),
            Self::Other => Node::null(),
        }
    }
}

impl fmt::Display for VarValue {
    /// The value as it stands within a text: as Go's `%v` writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => fmt_float(*float, f),
            Self::Bool(bool) => bool.fmt(f),
            Self::Other => Ok(()),
        }
    }
}

/// Large and small numbers have an exponent of at least two digits.
fn fmt_float(float: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let scientific = format!("{float:e}");
    match scientific
        .split_once('e')
        .and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?)))
    {
        Some((digits, exponent)) if !(-4..21).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(f, "{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => fmt::Display::fmt(&float, f),
    }
}

/// `ports[0]` is `ports` and then `0`.
fn split_index(part: String) -> Vec<String> {
    let indexed = part.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match indexed {
        Some((key, index)) if !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) => {
            let key = (!key.is_empty()).then(|| key.to_owned());
            key.into_iter().chain([index.to_owned()]).collect()
        }
        _ => vec![part],
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::node;
    use super::*;

    #[test]
    fn values_keep_their_types() {
        let object =
            node("{a: [{b: 1}], c: 1.50, d: true, e: text, f: {}, g: '1', h: 0x1F, i: 1e21, j: null}");
        let cases = [
            ("a[0].b", Some((VarValue::Int(1), "1"))),
            ("a.0.b", Some((VarValue::Int(1), "1"))),
            ("c", Some((VarValue::Float(1.5), "1.5"))),
            ("d", Some((VarValue::Bool(true), "true"))),
            ("e", Some((VarValue::Text("text".into()), "text"))),
            ("f", Some((VarValue::Other, ""))),
            ("g", Some((VarValue::Text("1".into()), "1"))),
            ("h", None),
            ("i", Some((VarValue::Float(1e21), "1e+21"))),
            ("j", Some((VarValue::Text("null".into()), "null"))),
            ("x", None),
        ];
        for (path, expected) in cases {
            let found = VarValue::read(&object, path);
            assert_eq!(
                found.map(|value| (value.clone(), value.to_string())),
                expected.map(|(v, t)| (v, t.into())),
                "{path}"
            );
        }
    }
}
