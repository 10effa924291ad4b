//! Standard input, output and error: nothing comes in, and what goes out becomes lines of the log.

use wasmtime::component::Resource;

use super::super::state::{CallState, MAX_LINE_BYTES};
use super::bindings::wasi::cli;
use super::resources::{Input, Output};

/// How much of the start and of the end of standard error is kept for messages, in bytes: some
/// languages print first what went wrong, some last.
const KEPT_BYTES: usize = 8 << 10;

/// How many lines are kept until they are taken. They are taken after each call of the host, and
/// more than the log may have are dropped.
const MAX_LINES: usize = 10_000;

/// What a call wrote.
#[derive(Default)]
pub(super) struct Console {
    lines: Vec<String>,
    /// The last line of standard output and of standard error, which are not ended yet.
    open: [Vec<u8>; 2],
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes between head and tail that were not kept.
    lost: usize,
}

impl Console {
    pub(super) fn stderr(&self) -> Option<String> {
        let lost = if self.lost == 0 { "" } else { "\n…\n" };
        let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&self.tail));
        let text = format!("{head}{lost}{tail}").trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    pub(super) fn take_last_lines(&mut self) -> Vec<String> {
        for stream in [Output::Stdout, Output::Stderr] {
            if !self.open[stream as usize].is_empty() {
                self.end_line(stream);
            }
        }
        self.take_lines()
    }

    pub(super) fn write(&mut self, stream: Output, bytes: &[u8]) {
        if stream == Output::Stderr {
            self.keep(bytes);
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            let open = &mut self.open[stream as usize];
            // One more than a line may have shows that it is too long.
            let room = (MAX_LINE_BYTES + 1).saturating_sub(open.len());
            open.extend_from_slice(&text[..text.len().min(room)]);
            if ended {
                self.end_line(stream);
            }
        }
    }

    fn end_line(&mut self, stream: Output) {
        let line = std::mem::take(&mut self.open[stream as usize]);
        if self.lines.len() < MAX_LINES {
            self.lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(KEPT_BYTES - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(rest);
        // Not at each write, which would move the tail each time.
        if self.tail.len() > 2 * KEPT_BYTES {
            let over = self.tail.len() - KEPT_BYTES;
            self.tail.drain(..over);
            self.lost += over;
        }
    }
}

impl cli::stdin::Host for CallState {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<Input>> {
        Ok(self.wasi.table().push(Input)?)
    }
}

impl cli::stdout::Host for CallState {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<Output>> {
        Ok(self.wasi.table().push(Output::Stdout)?)
    }
}

impl cli::stderr::Host for CallState {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<Output>> {
        Ok(self.wasi.table().push(Output::Stderr)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_however_they_are_cut() {
        let mut console = Console::default();
        for (stream, text) in [
            (Output::Stdout, "one\ntw"),
            (Output::Stderr, "bad"),
            (Output::Stdout, "o\n\n"),
            (Output::Stderr, " luck"),
        ] {
            console.write(stream, text.as_bytes());
        }
        assert_eq!(console.take_lines(), ["one", "two", ""]);
        assert_eq!(console.take_last_lines(), ["bad luck"]);
        assert!(console.take_last_lines().is_empty());
        assert_eq!(console.stderr().unwrap(), "bad luck");
    }

    #[test]
    fn a_flood_is_kept_within_bounds() {
        let mut console = Console::default();
        console.write(Output::Stderr, b"the reason\n");
        for _ in 0..1_000 {
            console.write(Output::Stderr, &[b'x'; 4 << 10]);
        }
        console.write(Output::Stderr, b"\nthe end");
        let text = console.stderr().unwrap();
        assert!(text.starts_with("the reason\n") && text.ends_with("the end"));
        assert!(text.len() < 4 * KEPT_BYTES, "{}", text.len());
        let lines = console.take_last_lines();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].len(), MAX_LINE_BYTES + 1);
        for _ in 0..2 * MAX_LINES {
            console.write(Output::Stdout, b"\n");
        }
        assert_eq!(console.take_lines().len(), MAX_LINES);
    }
}
