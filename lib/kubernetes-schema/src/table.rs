//! Reads the table of types: `types.txt`.
//!
//! ```text
//! kind apps/v1 Deployment api.apps.v1.Deployment
//! kind resource.k8s.io/v1 ResourceClaim api.resource.v1.ResourceClaim 34-35
//! type api.core.v1.Container
//!  args [string]
//!  name! string
//!  resizePolicy [api.core.v1.ContainerResizePolicy]
//!  restartPolicyRules [api.core.v1.ContainerRestartRule] 34-35
//! ```
//!
//! Numbers at the end of a line are the first and the last minor version that has it; without them
//! all have it. `!` marks what must be there, `[T]` is a list of `T`, `{T}` a map of strings to
//! `T`, `T|U` either by the JSON type of the value. A type or field of which versions differ has a
//! line for each form.

use std::collections::BTreeMap;

use crate::fault::versions;
use crate::node::{Field, Id, Identity, List, Node, Nodes, Object, Shape};
use crate::release::Release;
use crate::scalar::Scalar;

const TABLE: &str = include_str!("types.txt");

/// A kind of a release, or of others alone.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The release has it.
    Served(Id),
    /// Other versions have it: which.
    Elsewhere(Box<str>),
}

/// The types of a release.
pub(crate) struct Table {
    pub(crate) nodes: Nodes,
    /// By API version and kind.
    pub(crate) kinds: BTreeMap<(&'static str, &'static str), Kind>,
    /// `ObjectMeta`.
    pub(crate) metadata: Id,
}

/// The versions of a line.
#[derive(Clone, Copy)]
struct Range {
    first: u8,
    last: u8,
}

impl Range {
    /// That at the end of a line, and what stands before it.
    fn split(line: &str) -> (&str, Self) {
        let read = |line| -> Option<(&str, Self)> {
            let (rest, range): (&str, &str) = str::rsplit_once(line, ' ')?;
            let (first, last) = range.split_once('-')?;
            Some((rest, Self { first: first.parse().ok()?, last: last.parse().ok()? }))
        };
        let all = Self { first: Release::OLDEST.minor(), last: Release::NEWEST.minor() };
        read(line).unwrap_or((line, all))
    }

    fn has(self, release: Release) -> bool {
        (self.first..=self.last).contains(&release.minor())
    }

    fn described(self) -> Box<str> {
        versions(self.first, self.last).into()
    }
}

/// Reads the table for a release.
pub(crate) fn read(release: Release) -> Table {
    Reader::default().read(release)
}

#[derive(Default)]
struct Reader {
    nodes: Nodes,
    /// Types by name, and scalars, lists and maps by how the table writes them.
    known: BTreeMap<&'static str, Id>,
}

impl Reader {
    fn read(mut self, release: Release) -> Table {
        let mut kinds = BTreeMap::new();
        let mut lines = TABLE.lines().peekable();
        while let Some(line) = lines.next() {
            if let Some(kind) = line.strip_prefix("kind ") {
                let (kind, range) = Range::split(kind);
                let mut words = kind.split(' ');
                let (Some(api_version), Some(kind), Some(name)) = (words.next(), words.next(), words.next())
                else {
                    continue;
                };
                if range.has(release) {
                    kinds.insert((api_version, kind), Kind::Served(self.named(name)));
                } else {
                    kinds.entry((api_version, kind)).or_insert_with(|| Kind::Elsewhere(range.described()));
                }
            } else if let Some(name) = line.strip_prefix("type ") {
                let mut object = Object::default();
                while let Some(field) = lines.next_if(|line| line.starts_with(' ')) {
                    let (field, range) = Range::split(field.trim_start());
                    let Some((name, written)) = field.split_once(' ') else { continue };
                    let (name, is_required) = match name.strip_suffix('!') {
                        Some(name) => (name, true),
                        None => (name, false),
                    };
                    if range.has(release) {
                        object.fields.insert(name.into(), Field { node: self.named(written), is_required });
                    } else {
                        object.elsewhere.entry(name.into()).or_insert_with(|| range.described());
                    }
                }
                let id = self.named(name);
                self.nodes.replace(id, Node::built_in(Shape::Object(object)));
            }
        }
        let metadata = self.named("apimachinery.pkg.apis.meta.v1.ObjectMeta");
        Table { nodes: self.nodes, kinds, metadata }
    }

    /// The node of a type as the table writes it. Types that come later are added empty.
    fn named(&mut self, written: &'static str) -> Id {
        if let Some(id) = self.known.get(written) {
            return *id;
        }
        let choices = choices(written);
        let between = |open, close| written.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let shape = if choices.len() > 1 {
            Shape::Either(choices.into_iter().map(|choice| self.named(choice)).collect())
        } else if let Some(items) = between('[', ']') {
            Shape::List(List { items: self.named(items), identity: Identity::None })
        } else if let Some(values) = between('{', '}') {
            Shape::Map(self.named(values))
        } else {
            scalar(written).unwrap_or_else(|| Shape::Object(Object::default()))
        };
        let id = self.nodes.add(Node::built_in(shape));
        self.known.insert(written, id);
        id
    }
}

/// The parts of `A|[B]`, which is an `A` or a list of `B`; those within brackets belong to these.
fn choices(written: &'static str) -> Vec<&'static str> {
    let mut depth = 0;
    let is_end = |c: char| {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        c == '|' && depth == 0
    };
    written.split(is_end).collect()
}

/// A word of the table for what is no type with fields.
fn scalar(word: &str) -> Option<Shape> {
    Some(match word {
        "any" => Shape::Any,
        "object" => Shape::Object(Object { others: crate::node::Others::Any, ..Object::default() }),
        "boolean" => Shape::Scalar(Scalar::Boolean),
        "int32" => Shape::Scalar(Scalar::Int32),
        "int64" => Shape::Scalar(Scalar::Int64),
        "number" => Shape::Scalar(Scalar::Number),
        "string" => Shape::Scalar(Scalar::String),
        "bytes" => Shape::Scalar(Scalar::Bytes),
        "time" => Shape::Scalar(Scalar::Time),
        "micro-time" => Shape::Scalar(Scalar::MicroTime),
        "quantity" => Shape::Scalar(Scalar::Quantity),
        "int-or-string" => Shape::Scalar(Scalar::IntOrString),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every line is of a form that is read, and every name leads somewhere: nothing is passed
    /// over.
    #[test]
    fn the_table_is_whole() {
        let mut defined = BTreeSet::new();
        let mut used = BTreeSet::new();
        for line in TABLE.lines() {
            let (line, range) = Range::split(line);
            assert!(range.first <= range.last && Release::of_minor(range.first).is_some(), "{line}");
            assert!(Release::of_minor(range.last).is_some(), "{line}");
            let words: Vec<&str> = line.trim_start().split(' ').collect();
            match words.as_slice() {
                ["kind", _, _, name] => used.insert(*name),
                ["type", name] if !line.starts_with(' ') => defined.insert(*name),
                [_, written] if line.starts_with(' ') => {
                    for name in written.split(['[', ']', '{', '}', '|']).filter(|name| !name.is_empty()) {
                        if scalar(name).is_none() {
                            used.insert(name);
                        }
                    }
                    true
                }
                _ => panic!("{line}"),
            };
        }
        assert_eq!(used.difference(&defined).collect::<Vec<_>>(), Vec::<&&str>::new(), "not defined");
        assert!(defined.len() > 500 && defined.contains("apimachinery.pkg.apis.meta.v1.ObjectMeta"));
    }
}
