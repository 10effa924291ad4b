//! What Helm would write to its log: oddities that stop nothing.

use std::cell::RefCell;

/// A log. Lines that were said before are not said again.
#[derive(Debug, Default)]
pub struct Log {
    lines: RefCell<Vec<String>>,
    skipped: RefCell<Vec<Skipped>>,
}

/// An object that is left out, since Helm does not know what its hook waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The template that made it.
    pub source: String,
    /// The object for people.
    pub object: String,
    /// What its hook annotation says.
    pub hook: String,
}

impl Log {
    /// Adds a line.
    pub fn say(&self, line: impl Into<String>) {
        let line = line.into();
        let mut lines = self.lines.borrow_mut();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }

    /// Notes an object that is left out.
    pub fn skip(&self, skipped: Skipped) {
        self.say(format!("skipping unknown hooks hookTypes={}", skipped.hook));
        self.skipped.borrow_mut().push(skipped);
    }

    /// The objects that were left out so far, taken out.
    pub fn take_skipped(&self) -> Vec<Skipped> {
        self.skipped.take()
    }

    /// The lines so far.
    pub fn into_lines(self) -> Vec<String> {
        self.lines.into_inner()
    }
}
