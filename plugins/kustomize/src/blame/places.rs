//! Which node was read where: stamps in the place of lines and columns.

use std::rc::Rc;

use oarlock_plugin::Origin;
use oarlock_yaml::{Node, Span, Value};

/// The column of a stamped node. Nothing that is read is in this column.
const STAMPED: u32 = u32::MAX;

/// Where the lines of a text are.
pub(crate) enum Lines<'a> {
    /// In a file, as they are counted.
    Of(&'a str),
    /// Behind a line of a file: a text within another.
    Behind {
        /// The file.
        file: &'a str,
        /// The line before the first one.
        line: u32,
    },
    /// All in one place.
    At(&'a Origin),
    /// Each somewhere else.
    Each(&'a [Option<Origin>]),
}

/// Where the stamped nodes were read.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_stamp: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    file: Rc<str>,
    line: u32,
    column: u32,
}

/// The stamp of a node, if it has one.
pub(super) fn stamp_of(span: Span) -> Option<u32> {
    (span.column == STAMPED).then_some(span.line)
}

/// The span of a stamped node.
pub(super) fn span_of(stamp: u32) -> Span {
    Span { line: stamp, column: STAMPED }
}

impl Places {
    /// Stamps the nodes of a tree that were read. What a program made stays without: the merge and
    /// the transformers tell the two apart.
    pub(super) fn stamp(&mut self, node: &mut Node, lines: &Lines<'_>) {
        let file = match lines {
            Lines::Of(file) | Lines::Behind { file, .. } => Rc::from(*file),
            Lines::At(origin) => Rc::from(origin.path.as_str()),
            Lines::Each(_) => Rc::from(""),
        };
        self.stamp_in(node, lines, &file);
    }

    fn stamp_in(&mut self, node: &mut Node, lines: &Lines<'_>, file: &Rc<str>) {
        if node.span != Span::default() && stamp_of(node.span).is_none() {
            let Span { line, column } = node.span;
            let of = |line, column| Some(Place { file: Rc::clone(file), line, column });
            let place = match lines {
                Lines::Of(_) => of(line, column),
                Lines::Behind { line: before, .. } => of(before.saturating_add(line), 0),
                Lines::At(origin) => of(origin.line, origin.column),
                Lines::Each(places) => {
                    let place = (line as usize).checked_sub(1).and_then(|line| places.get(line)?.as_ref());
                    place.map(|origin| Place {
                        file: Rc::from(origin.path.as_str()),
                        line: origin.line,
                        column: origin.column,
                    })
                }
            };
            if let Some(stamp) = place.and_then(|place| self.add(place)) {
                node.span = span_of(stamp);
            }
        }
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::Sequence(elements) => {
                for element in elements {
                    self.stamp_in(element, lines, file);
                }
            }
            Value::Mapping(mapping) => {
                mapping.iter_mut().for_each(|entry| self.stamp_in(&mut entry.value, lines, file));
            }
        }
    }

    /// Gives the root of a resource a stamp of its own.
    pub(super) fn root(&mut self, object: &mut Node, origin: Option<&Origin>) {
        let place = origin.map_or(Place { file: Rc::from(""), line: 0, column: 0 }, |origin| Place {
            file: Rc::from(origin.path.as_str()),
            line: origin.line,
            column: origin.column,
        });
        if let Some(stamp) = self.add(place) {
            object.span = span_of(stamp);
        }
    }

    fn add(&mut self, place: Place) -> Option<u32> {
        let stamp = u32::try_from(self.by_stamp.len()).ok()?;
        self.by_stamp.push(place);
        Some(stamp)
    }

    /// Where a stamped node was read.
    pub(super) fn of_stamp(&self, stamp: u32) -> Option<Origin> {
        let place = self.by_stamp.get(stamp as usize).filter(|place| !place.file.is_empty())?;
        Some(Origin::at(&*place.file, place.line, place.column))
    }
}
