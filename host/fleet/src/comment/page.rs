//! A text that never outgrows its limit, made of blocks that are whole.

/// A text with a limit.
pub(super) struct Page {
    text: String,
    limit: usize,
}

impl Page {
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    /// The bytes that are left.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    /// Adds a block if it fits, or nothing.
    pub(super) fn add(&mut self, block: &str) -> bool {
        let fits = block.len() <= self.room();
        if fits {
            self.text += block;
        }
        fits
    }

    /// Lets the text grow so much beyond.
    pub(super) fn extend(&mut self, bytes: usize) {
        self.limit += bytes;
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
