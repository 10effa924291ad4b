//! What Helm would write to its log: oddities that stop nothing.

use std::cell::RefCell;

/// A log. Lines that were said before are not said again.
#[derive(Debug, Default)]
pub struct Log {
    lines: RefCell<Vec<String>>,
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

    /// The lines so far.
    pub fn into_lines(self) -> Vec<String> {
        self.lines.into_inner()
    }
}
