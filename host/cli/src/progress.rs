//! How far many renders have come, for a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use oarlock_fleet::Progress;

/// A bar on a terminal, where there is more than one render.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that is not shown yet.
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn begin(&self, renders: usize) {
        if renders < 2 || !io::stderr().is_terminal() {
            return;
        }
        self.0.set_length(renders as u64);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}");
        self.0.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.0.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        self.0.reset_elapsed();
    }

    fn advance(&self) {
        self.0.inc(1);
    }
}
