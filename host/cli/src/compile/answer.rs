//! What the process that compiles says to the one that waits: a line of JSON, and the code after
//! it.

use std::io::{self, BufRead, BufReader, Read, Write};

use serde::{Deserialize, Serialize};

/// The version of the line. Both processes are one program, so that another one is no answer.
const VERSION: u32 = 1;

/// The most bytes of the line.
const LINE_BYTES: u64 = 1 << 20;

/// The most bytes of a reason.
const REASON_BYTES: usize = 16 << 10;

/// What became of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(super) enum Answer {
    /// It is compiled: so many bytes of code follow.
    Compiled {
        /// How many.
        bytes: u64,
    },
    /// The component itself is invalid.
    Invalid {
        /// Why.
        reason: String,
    },
    /// Memory ran out, and the compiler noticed.
    OutOfMemory,
    /// The compiler could not do its work.
    Broken {
        /// Why.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Line<A> {
    version: u32,
    answer: A,
}

impl Answer {
    /// Writes the answer, and the code if there is any.
    pub(super) fn write(&self, code: &[u8], out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &Line { version: VERSION, answer: self })?;
        out.write_all(b"\n")?;
        out.write_all(code)?;
        out.flush()
    }

    /// Reads an answer and its code. `None` if there is none, or not all of it: the process
    /// that wrote it was ended before.
    pub(super) fn read(from: impl Read) -> io::Result<Option<(Self, Vec<u8>)>> {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        from.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line)?;
        let Ok(Line { version: VERSION, answer }) = serde_json::from_slice::<Line<Self>>(&line) else {
            return Ok(None);
        };
        let mut code = Vec::new();
        from.read_to_end(&mut code)?;
        let bytes = if let Self::Compiled { bytes } = answer { bytes } else { 0 };
        Ok((code.len() as u64 == bytes).then_some((answer, code)))
    }
}

/// A reason of a length that fits into an answer.
pub(super) fn reason(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(REASON_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(answer: &Answer, code: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        answer.write(code, &mut text).unwrap();
        text
    }

    #[test]
    fn answers_are_read_back() {
        let code = b"\0a\nb".to_vec();
        for (answer, code) in [
            (Answer::Compiled { bytes: 4 }, code),
            (Answer::Invalid { reason: "line\nby line: \"\u{fc}\"".to_owned() }, Vec::new()),
            (Answer::OutOfMemory, Vec::new()),
            (
                Answer::Broken { reason: reason("\u{fc}".repeat(usize::try_from(LINE_BYTES).unwrap())) },
                Vec::new(),
            ),
        ] {
            let text = written(&answer, &code);
            assert_eq!(Answer::read(text.as_slice()).unwrap(), Some((answer, code)));
        }
        let text = written(&Answer::OutOfMemory, b"");
        assert_eq!(text, b"{\"version\":1,\"answer\":{\"kind\":\"outOfMemory\"}}\n");
    }

    #[test]
    fn what_is_cut_or_of_another_program_is_no_answer() {
        let whole = written(&Answer::Compiled { bytes: 4 }, b"code");
        for cut in 0..whole.len() {
            assert_eq!(Answer::read(&whole[..cut]).unwrap(), None, "{cut}");
        }
        for text in [
            "memory allocation of 1 bytes failed",
            "{\"version\":2,\"answer\":{\"kind\":\"outOfMemory\"}}\n",
            "{\"version\":1,\"answer\":{\"kind\":\"other\"}}\n",
            "{\"version\":1,\"answer\":{\"kind\":\"outOfMemory\"}}\nmore",
        ] {
            assert_eq!(Answer::read(text.as_bytes()).unwrap(), None, "{text}");
        }
    }
}
