//! The client's half of an HTTP/2 connection, byte by byte, with one header replaced.

use bytes::Bytes;

use super::Malformed;
use super::hpack::{self, Decoder, Field};

/// What a client says first, RFC 9113 section 3.4.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const FRAME_HEAD_BYTES: usize = 9;

/// The largest frame unless the server says otherwise, and this one does not.
const MAX_FRAME_BYTES: usize = 16 << 10;

/// All fragments of a block together: far more than the server takes.
const MAX_BLOCK_BYTES: usize = 128 << 10;

/// Once so much waits to be read by the server, nothing more is taken: a short block of headers may
/// stand for a long one, and a client can send thousands of them at once.
pub(super) const ENOUGH_BYTES: usize = 64 << 10;

const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;
const PRIORITY_BYTES: usize = 5;

/// What takes the place of the client's authority.
const AUTHORITY: &[u8] = b"localhost";

/// Copies frames and rewrites the blocks of headers among them.
pub(super) struct Rewriter {
    state: FrameState,
    /// What came of a frame's head, or of a frame with headers, so far.
    partial: Vec<u8>,
    /// The block that has begun.
    block: Option<Block>,
    decoder: Decoder,
    greeted: bool,
}

enum FrameState {
    /// This much of the preface, or of a frame that is copied, is still to come.
    Copy(usize),
    /// A frame's head.
    Head,
    /// The payload of a frame with headers.
    Payload(Head),
}

#[derive(Clone, Copy)]
struct Head {
    length: usize,
    kind: u8,
    flags: u8,
    stream: [u8; 4],
}

/// A block of headers whose end has not come.
struct Block {
    stream: [u8; 4],
    /// The flags that stay, and what belongs to them.
    flags: u8,
    priority: Vec<u8>,
    fragments: Vec<u8>,
}

impl Default for Rewriter {
    fn default() -> Self {
        Self {
            state: FrameState::Copy(PREFACE.len()),
            partial: Vec::new(),
            block: None,
            decoder: Decoder::default(),
            greeted: false,
        }
    }
}

impl Rewriter {
    /// Whether the client has shown that it speaks HTTP/2: its preface came, and a whole frame's
    /// head.
    pub(super) fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Takes what came from the client, or the beginning of it where that is enough for now, and
    /// appends what goes to the server. Returns how many bytes were taken; there is always at least
    /// one.
    pub(super) fn feed(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<usize, Malformed> {
        let mut input = bytes;
        while !input.is_empty() && output.len() < ENOUGH_BYTES {
            match self.state {
                FrameState::Copy(left) => {
                    let (now, later) = input.split_at(left.min(input.len()));
                    output.extend_from_slice(now);
                    input = later;
                    self.state =
                        if now.len() == left { FrameState::Head } else { FrameState::Copy(left - now.len()) };
                }
                FrameState::Head => {
                    let Some(head) = self.collect(&mut input, FRAME_HEAD_BYTES) else { break };
                    self.greeted = true;
                    self.head(&head, output)?;
                }
                FrameState::Payload(head) => {
                    let Some(payload) = self.collect(&mut input, head.length) else { break };
                    self.state = FrameState::Head;
                    self.payload(head, &payload, output)?;
                }
            }
        }
        Ok(bytes.len() - input.len())
    }

    /// The next so many bytes, once they are there.
    fn collect(&mut self, input: &mut &[u8], length: usize) -> Option<Vec<u8>> {
        let (now, later) = input.split_at((length - self.partial.len()).min(input.len()));
        self.partial.extend_from_slice(now);
        *input = later;
        (self.partial.len() == length).then(|| std::mem::take(&mut self.partial))
    }

    fn head(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), Malformed> {
        let head = Head {
            length: usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]),
            kind: bytes[3],
            flags: bytes[4],
            stream: [bytes[5] & 0x7f, bytes[6], bytes[7], bytes[8]],
        };
        let continues = match &self.block {
            Some(block) if head.kind != CONTINUATION || head.stream != block.stream => {
                return Err(Malformed("a frame within a block of headers"));
            }
            block => block.is_some(),
        };
        match head.kind {
            PUSH_PROMISE => return Err(Malformed("a push from a client")),
            CONTINUATION if !continues => return Err(Malformed("a continuation of nothing")),
            HEADERS | CONTINUATION if head.length > MAX_FRAME_BYTES => {
                return Err(Malformed("a frame that is too large"));
            }
            HEADERS | CONTINUATION if head.length == 0 => self.payload(head, &[], output)?,
            HEADERS | CONTINUATION => self.state = FrameState::Payload(head),
            _ => {
                output.extend_from_slice(bytes);
                if head.length > 0 {
                    self.state = FrameState::Copy(head.length);
                }
            }
        }
        Ok(())
    }

    fn payload(&mut self, head: Head, payload: &[u8], output: &mut Vec<u8>) -> Result<(), Malformed> {
        let block = match &mut self.block {
            Some(block) => {
                block.fragments.extend_from_slice(payload);
                block
            }
            block => block.insert(Block::begin(head, payload)?),
        };
        if block.fragments.len() > MAX_BLOCK_BYTES {
            return Err(Malformed("a block of headers that is too large"));
        }
        if head.flags & END_HEADERS != 0
            && let Some(block) = self.block.take()
        {
            let mut fields = self.decoder.decode(&block.fragments)?;
            replace_authority(&mut fields);
            block.write(&hpack::encode(&fields), output);
        }
        Ok(())
    }
}

impl Block {
    /// Takes padding and priority off a HEADERS frame.
    fn begin(head: Head, mut payload: &[u8]) -> Result<Self, Malformed> {
        let short = Malformed("a frame shorter than its padding");
        if head.flags & PADDED != 0 {
            let (padding, rest) = payload.split_first().ok_or(short)?;
            let length = rest.len().checked_sub(usize::from(*padding)).ok_or(short)?;
            payload = &rest[..length];
        }
        let mut priority = Vec::new();
        if head.flags & PRIORITY != 0 {
            let (first, rest) = payload.split_at_checked(PRIORITY_BYTES).ok_or(short)?;
            priority = first.to_vec();
            payload = rest;
        }
        let flags = head.flags & (END_STREAM | PRIORITY);
        Ok(Self { stream: head.stream, flags, priority, fragments: payload.to_vec() })
    }

    /// The block as frames, in as many as it takes.
    fn write(&self, encoded: &[u8], output: &mut Vec<u8>) {
        let (first, mut rest) = encoded.split_at(encoded.len().min(MAX_FRAME_BYTES - self.priority.len()));
        let end = |rest: &[u8]| if rest.is_empty() { END_HEADERS } else { 0 };
        frame_head(output, self.priority.len() + first.len(), HEADERS, self.flags | end(rest), self.stream);
        output.extend_from_slice(&self.priority);
        output.extend_from_slice(first);
        while !rest.is_empty() {
            let (next, later) = rest.split_at(rest.len().min(MAX_FRAME_BYTES));
            frame_head(output, next.len(), CONTINUATION, end(later), self.stream);
            output.extend_from_slice(next);
            rest = later;
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // a frame is at most 16 KiB here
fn frame_head(output: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: [u8; 4]) {
    output.extend_from_slice(&[(length >> 16) as u8, (length >> 8) as u8, length as u8, kind, flags]);
    output.extend_from_slice(&stream);
}

fn replace_authority(fields: &mut [Field]) {
    for field in fields.iter_mut().filter(|field| field.name == ":authority".as_bytes()) {
        field.value = Bytes::from_static(AUTHORITY);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hpack::tests::field;
    use super::*;

    const STREAM: [u8; 4] = [0, 0, 0, 7];

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        frame_head(&mut frame, payload.len(), kind, flags, STREAM);
        frame.extend_from_slice(payload);
        frame
    }

    fn socket_request() -> Vec<Field> {
        vec![
            field(":method", "POST"),
            field(":scheme", "http"),
            field(":path", "/plugin.ConfigManagementPluginService/GenerateManifest"),
            field(":authority", "home%2Fargocd%2Fcmp-server%2Fplugins%2Foarlock.sock"),
            field("te", "trailers"),
        ]
    }

    fn as_sent_on() -> Vec<u8> {
        let mut fields = socket_request();
        replace_authority(&mut fields);
        hpack::encode(&fields)
    }

    fn rewritten(frames: &[Vec<u8>]) -> Result<Vec<u8>, Malformed> {
        let (mut rewriter, mut output) = (Rewriter::default(), Vec::new());
        let input = [PREFACE.to_vec(), frames.concat()].concat();
        assert_eq!(rewriter.feed(&input, &mut output)?, input.len());
        Ok(output[PREFACE.len()..].to_vec())
    }

    #[test]
    fn replaces_the_authority_and_copies_the_rest() {
        let block = hpack::encode(&socket_request());
        let settings = frame(4, 0, &[0, 3, 0, 0, 0, 100]);
        let data = frame(0, 1, b"data");
        let output =
            rewritten(&[settings.clone(), frame(HEADERS, END_HEADERS, &block), data.clone()]).unwrap();
        assert_eq!(output, [settings, frame(HEADERS, END_HEADERS, &as_sent_on()), data].concat());
    }

    #[test]
    fn joins_continuations_and_drops_padding_and_keeps_priority() {
        let block = hpack::encode(&socket_request());
        let (one, rest) = block.split_at(10);
        let (two, three) = rest.split_at(1);
        let priority = [0x80, 0, 0, 3, 15];
        let first = [&[4][..], &priority, one, &[0; 4]].concat();
        let output = rewritten(&[
            frame(HEADERS, PADDED | PRIORITY | END_STREAM, &first),
            frame(CONTINUATION, 0, two),
            frame(CONTINUATION, 0, &[]),
            frame(CONTINUATION, END_HEADERS, three),
        ])
        .unwrap();
        let expected = [&priority[..], &as_sent_on()].concat();
        assert_eq!(output, frame(HEADERS, END_STREAM | PRIORITY | END_HEADERS, &expected));
    }

    #[test]
    fn follows_the_clients_table_from_block_to_block() {
        // `:authority` from the static table with a value that goes into the dynamic one, which the
        // second block refers to.
        let value = b"plugins%2Fa.sock";
        let first = [&[0x83, 0x41, u8::try_from(value.len()).unwrap()][..], value].concat();
        let output = rewritten(&[
            frame(HEADERS, END_HEADERS, &first),
            frame(HEADERS, END_HEADERS | END_STREAM, &[0x83, 0xbe]),
        ])
        .unwrap();
        let block = hpack::encode(&[field(":method", "POST"), field(":authority", "localhost")]);
        let expected =
            [frame(HEADERS, END_HEADERS, &block), frame(HEADERS, END_HEADERS | END_STREAM, &block)].concat();
        assert_eq!(output, expected);
    }

    #[test]
    fn splits_a_block_that_is_too_large_for_a_frame() {
        let long = "x".repeat(40_000);
        let fields = [field(":authority", "a"), field("grpc-trace", &long)];
        let block = hpack::encode(&fields);
        let mut frames: Vec<Vec<u8>> =
            block.chunks(10_000).map(|part| frame(CONTINUATION, 0, part)).collect();
        frames[0][3] = HEADERS;
        frames.last_mut().unwrap()[4] = END_HEADERS;
        let output = rewritten(&frames).unwrap();
        let mut expected = hpack::encode(&[field(":authority", "localhost"), field("grpc-trace", &long)]);
        let rest = expected.split_off(MAX_FRAME_BYTES);
        let (second, third) = rest.split_at(MAX_FRAME_BYTES);
        let expected = [
            frame(HEADERS, 0, &expected),
            frame(CONTINUATION, 0, second),
            frame(CONTINUATION, END_HEADERS, third),
        ];
        assert_eq!(output, expected.concat());
    }

    /// A block of one field that is in the table grows by a factor of hundreds.
    #[test]
    fn takes_no_more_than_the_server_can_read() {
        let value = "x".repeat(4000);
        let first =
            frame(HEADERS, END_HEADERS, &[&[0x40, 1, b'n', 0x7f, 0xa1, 0x1e], value.as_bytes()].concat());
        let grown = frame(HEADERS, END_HEADERS, &[0xbe; 60]);
        let input = [PREFACE.to_vec(), first, grown.repeat(200)].concat();
        let (mut rewriter, mut rest, mut total) = (Rewriter::default(), &input[..], 0);
        while !rest.is_empty() {
            let mut output = Vec::new();
            let taken = rewriter.feed(rest, &mut output).unwrap();
            assert!(taken > 0 && output.len() < 2 * ENOUGH_BYTES + 60 * value.len(), "{}", output.len());
            (rest, total) = (&rest[taken..], total + output.len());
        }
        assert!(total > 1000 * input.len(), "{total}");
    }

    #[test]
    fn refuses_what_would_lose_track() {
        let block = hpack::encode(&socket_request());
        for frames in [
            vec![frame(CONTINUATION, END_HEADERS, &block)],
            vec![frame(HEADERS, 0, &block), frame(0, 0, b"data")],
            vec![frame(HEADERS, 0, &block), frame(HEADERS, END_HEADERS, &block)],
            vec![frame(PUSH_PROMISE, END_HEADERS, &block)],
            vec![frame(HEADERS, END_HEADERS | PADDED, &[9, 0])],
            vec![frame(HEADERS, END_HEADERS | PADDED, &[])],
            vec![frame(HEADERS, END_HEADERS | PRIORITY, &[0; 4])],
            vec![frame(HEADERS, END_HEADERS, &[0x80])],
            vec![frame(HEADERS, END_HEADERS, &vec![0; MAX_FRAME_BYTES + 1])],
        ] {
            assert!(rewritten(&frames).is_err(), "{frames:?}");
        }
        let endless = std::iter::once(frame(HEADERS, 0, &[]))
            .chain(std::iter::repeat_n(frame(CONTINUATION, 0, &[0; 1000]), 200));
        assert!(rewritten(&endless.collect::<Vec<_>>()).is_err());
    }

    proptest! {
        /// However the bytes are cut on their way, the same comes out.
        #[test]
        fn does_not_care_where_reads_end(cuts in prop::collection::vec(1_usize..40, 1..50)) {
            let block = hpack::encode(&socket_request());
            let (one, two) = block.split_at(30);
            let frames = [
                frame(4, 0, &[]), frame(HEADERS, 0, one), frame(CONTINUATION, END_HEADERS, two),
                frame(0, 0, &[7; 50]), frame(HEADERS, END_HEADERS | END_STREAM, &block),
            ];
            let input = [PREFACE.to_vec(), frames.concat()].concat();
            let whole = rewritten(&frames).unwrap();
            let (mut rewriter, mut output, mut rest) = (Rewriter::default(), Vec::new(), input.as_slice());
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                rewriter.feed(now, &mut output).unwrap();
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(&output[PREFACE.len()..], whole);
        }

        #[test]
        fn takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = Rewriter::default().feed(&bytes, &mut Vec::new());
            let _ = Rewriter::default().feed(&[PREFACE, &bytes].concat(), &mut Vec::new());
        }
    }
}
