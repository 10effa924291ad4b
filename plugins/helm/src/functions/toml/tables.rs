//! The tables of a document while it is read.

use std::collections::BTreeMap;

use oarlock_go_template::{List, MAP_LIST, Map, Value};

/// A key with all its parts.
pub(super) type Key = Vec<String>;

/// A table that may still grow.
#[derive(Default)]
pub(super) struct Table(BTreeMap<String, Node>);

/// What a key stands for.
pub(super) enum Node {
    /// A value that is complete.
    Value(Value),
    Table(Table),
    /// An array of tables, never empty.
    Tables(Vec<Table>),
}

impl Table {
    pub(super) fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn insert(&mut self, key: &str, node: Node) {
        self.0.insert(key.to_owned(), node);
    }

    /// The table of a key, made where it is absent; of an array of tables the last. None if
    /// something else is there.
    pub(super) fn descend(&mut self, key: &str) -> Option<&mut Self> {
        match self.0.entry(key.to_owned()).or_insert_with(|| Node::Table(Self::default())) {
            Node::Table(table) => Some(table),
            Node::Tables(tables) => tables.last_mut(),
            Node::Value(_) => None,
        }
    }

    /// Adds a table to an array of tables, and tells whether that was possible.
    pub(super) fn append(&mut self, key: &str) -> bool {
        match self.0.entry(key.to_owned()).or_insert_with(|| Node::Tables(Vec::new())) {
            Node::Tables(tables) => {
                tables.push(Self::default());
                true
            }
            _ => false,
        }
    }

    pub(super) fn into_map(self) -> Map {
        let value = |node| match node {
            Node::Value(value) => value,
            Node::Table(table) => table.into_map().into(),
            Node::Tables(tables) => {
                let tables = tables.into_iter().map(|table| table.into_map().into());
                List::with_type(&MAP_LIST, tables.collect()).into()
            }
        };
        self.0.into_iter().map(|(key, node)| (key, value(node))).collect()
    }
}

/// A key as messages show it: what is no bare key is quoted.
pub(super) fn shown_key(key: &[String]) -> String {
    let part = |part: &String| {
        let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !part.is_empty() && part.bytes().all(bare) {
            part.clone()
        } else {
            let mut quoted = String::from("\"");
            super::write::escape(&mut quoted, part);
            quoted.push('"');
            quoted
        }
    };
    key.iter().map(part).collect::<Vec<_>>().join(".")
}
