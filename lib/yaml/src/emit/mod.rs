//! Trees to text.

mod order;
mod scalar;
mod writer;

use self::order::Order;
use self::scalar::Written;
use self::writer::Writer;
use crate::error::EmitError;
use crate::{Dialect, Entry, Mapping, Node, Value};

/// Writes one document, ending in a newline, without a `---` before it.
///
/// ```
/// use oarlock_yaml::{Dialect, Limits, Reader, emit, parse_one};
///
/// let node = parse_one(b"b: [1, 'no']\na: 0x10 # sixteen", Reader::KustomizeResource, Limits::default()).unwrap().unwrap();
/// assert_eq!(emit(&node, Dialect::Kustomize).unwrap(), "a: 16\nb:\n- 1\n- \"no\"\n");
/// ```
///
/// # Errors
/// If a value cannot be written.
pub fn emit(node: &Node, dialect: Dialect) -> Result<String, EmitError> {
    let mut out = String::with_capacity(1024);
    emit_to(node, dialect, &mut out)?;
    Ok(out)
}

/// As [`emit`], and adds the document to a text, of which nothing is left if that fails.
///
/// # Errors
/// As [`emit`].
pub fn emit_to(node: &Node, dialect: Dialect, out: &mut String) -> Result<(), EmitError> {
    let pretty = dialect == Dialect::HelmPretty;
    let writer = Writer::new(std::mem::take(out));
    let writer = if pretty { writer.unfolded() } else { writer };
    let mut emitter = Emitter { writer, pretty };
    emitter.node(node, Context::Root)?;
    *out = emitter.writer.finish();
    Ok(())
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Context {
    Root,
    Item,
    /// The value of a key, or a key that is written with `?`.
    Value,
    /// A key on the line of its value.
    SimpleKey,
}

/// Walks the tree; the decisions are those of libyaml's emitter in its block style.
struct Emitter {
    writer: Writer,
    /// Lists are indented below their keys, text is not folded, and numbers do not pass through
    /// JSON.
    pretty: bool,
}

impl Emitter {
    fn node(&mut self, node: &Node, context: Context) -> Result<(), EmitError> {
        match &node.value {
            Value::Scalar(scalar) => {
                let written =
                    if self.pretty { Written::without_json(scalar)? } else { Written::new(scalar)? };
                self.writer.scalar(&written, context == Context::SimpleKey);
            }
            Value::Sequence(items) if items.is_empty() => self.writer.indicator("[]"),
            Value::Mapping(mapping) if mapping.is_empty() => self.writer.indicator("{}"),
            Value::Sequence(items) => self.sequence(items, context)?,
            Value::Mapping(mapping) => self.mapping(mapping, context)?,
        }
        Ok(())
    }

    fn sequence(&mut self, items: &[Node], context: Context) -> Result<(), EmitError> {
        // Below a key the dashes stand in the key's column, unless nothing but indicators stands
        // before them on the line.
        let indentless = !self.pretty && context == Context::Value && !self.writer.at_indentation();
        let outer = self.writer.increase_indent(indentless);
        for item in items {
            self.writer.write_indent();
            self.writer.block_indicator('-');
            self.node(item, Context::Item)?;
        }
        self.writer.restore_indent(outer);
        Ok(())
    }

    fn mapping(&mut self, mapping: &Mapping, context: Context) -> Result<(), EmitError> {
        let outer = self.writer.increase_indent(false);
        for entry in order::sorted(mapping, if self.pretty { Order::V3 } else { Order::V2 }) {
            self.writer.write_indent();
            self.entry(entry, context)?;
        }
        self.writer.restore_indent(outer);
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, context: Context) -> Result<(), EmitError> {
        let key = if self.pretty {
            Written::direct(&entry.key.text)
        } else {
            Written::key(&entry.key, context == Context::Root)?
        };
        if key.is_simple_key() {
            self.writer.scalar(&key, true);
            self.writer.colon();
        } else {
            self.writer.block_indicator('?');
            self.writer.scalar(&key, false);
            self.writer.write_indent();
            self.writer.block_indicator(':');
        }
        self.node(&entry.value, Context::Value)
    }
}
