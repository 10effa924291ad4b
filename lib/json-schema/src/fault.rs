//! Why values do not fit, as a tree, and its text.

use std::fmt::{self, Write as _};

/// Why a value does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Where the value is, as a JSON pointer.
    location: String,
    text: String,
    kind: Kind,
    causes: Vec<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Plain,
    /// Several faults of one schema.
    Group,
    /// What a reference leads to does not fit. With a single cause, that cause is reported instead.
    Reference,
}

impl Fault {
    pub(crate) fn new(location: String, text: impl Into<String>) -> Self {
        Self { location, text: text.into(), kind: Kind::Plain, causes: Vec::new() }
    }

    pub(crate) fn because(mut self, causes: Vec<Fault>) -> Self {
        self.causes = causes;
        self
    }

    /// Several faults as one.
    pub(crate) fn group(location: String, faults: Vec<Fault>) -> Self {
        Self { kind: Kind::Group, ..Self::new(location, "validation failed") }.because(faults)
    }

    /// The fault of a reference.
    pub(crate) fn reference(location: String, fault: Fault) -> Self {
        let causes = fault.flattened();
        Self { kind: Kind::Reference, causes, ..Self::new(location, "validation failed") }
    }

    /// The faults one by one, groups taken apart: where each value is, as a JSON pointer, and what
    /// is wrong with it, with the causes, on one line.
    pub fn faults(&self) -> Vec<(&str, String)> {
        match self.kind {
            Kind::Plain => {
                let mut text = self.text.clone();
                for (index, cause) in self.causes.iter().flat_map(Self::faults).enumerate() {
                    text.push_str(if index == 0 { ": " } else { "; " });
                    text.push_str(&cause.1);
                }
                vec![(&self.location, text)]
            }
            Kind::Group | Kind::Reference => self.causes.iter().flat_map(Self::faults).collect(),
        }
    }

    /// The faults of a group, or the one.
    pub(crate) fn flattened(self) -> Vec<Fault> {
        if self.kind == Kind::Group { self.causes } else { vec![self] }
    }

    fn write(&self, mut indent: usize, out: &mut String) {
        if self.kind != Kind::Reference || self.causes.len() != 1 {
            let _ = writeln!(out, "{}- at {}: {}", "  ".repeat(indent), quote(&self.location), self.text);
            indent += 1;
        }
        for cause in &self.causes {
            cause.write(indent, out);
        }
    }
}

/// The lines of the fault, or of those of a group, and of the causes. The last one does not end.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = String::new();
        match self.kind {
            Kind::Group => self.causes.iter().for_each(|cause| cause.write(0, &mut lines)),
            Kind::Plain | Kind::Reference => self.write(0, &mut lines),
        }
        f.write_str(lines.strip_suffix('\n').unwrap_or(&lines))
    }
}

impl std::error::Error for Fault {}

/// Text in single quotes.
pub(crate) fn quote(text: &str) -> String {
    let quoted = oarlock_go::strconv::quote(text.as_bytes());
    let inner = quoted[1..quoted.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{inner}'")
}

/// Texts in single quotes, with commas between.
pub(crate) fn quoted<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}
