//! Where output goes: standard output is data, standard error is for people.

use std::io::{self, ErrorKind, IsTerminal, Write};

use annotate_snippets::Renderer;
use clap::ValueEnum;

use super::Exit;
use crate::diagnostic::Diagnostic;
use crate::source::Source;
use crate::writer::Format;

/// The form of what people or machines are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl From<Format> for Report {
    fn from(format: Format) -> Self {
        match format {
            Format::Yaml => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

/// Prints data. A reader that has gone away, as `head` does, is no error.
pub(super) fn print(data: &[u8]) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(data).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}

/// Whether to colour what goes to standard error.
fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Tells people: with excerpts for readers, one JSON object a line for machines.
pub(super) fn tell(diagnostics: &[Diagnostic], tree: Option<&dyn Source>, report: Report) {
    let renderer = if colours() { Renderer::styled() } else { Renderer::plain() };
    let mut err = io::stderr().lock();
    for diagnostic in diagnostics {
        let text = match report {
            Report::Text => diagnostic.render(tree, &renderer),
            Report::Json => serde_json::to_string(diagnostic).unwrap_or_default() + "\n",
        };
        // Nobody is left to be told that nobody listens.
        let _ = err.write_all(text.as_bytes());
    }
}
