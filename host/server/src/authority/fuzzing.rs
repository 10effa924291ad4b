//! What holds for every input of a client. Fuzz targets call this; the server does not.

use super::frames::{ENOUGH_BYTES, PREFACE, Rewriter};
use super::hpack::{Decoder, encode};

/// More than the largest block of headers is, written without a table.
const MAX_BLOCK_BYTES: usize = 300 << 10;

/// The largest block that is read.
const MAX_READ_BLOCK_BYTES: usize = 128 << 10;

/// Checks a connection whose preface is followed by these bytes.
///
/// # Panics
/// If a property does not hold.
pub fn http2(bytes: &[u8]) {
    let input = [PREFACE, bytes].concat();
    let (output, result) = rewritten(&input, input.len());
    // It does not matter where reads end.
    let cut = bytes.len() % 29 + 1;
    assert_eq!(rewritten(&input, cut), (output.clone(), result));
    // What was rewritten once stays as it is, unless a block of it grew too large to be read again.
    let (again, result) = rewritten(&output, output.len());
    if result.is_err() {
        assert!(output.len() > MAX_READ_BLOCK_BYTES, "{result:?}");
    } else {
        assert_eq!(again, output);
    }
}

/// What comes out, and how it ends.
fn rewritten(input: &[u8], at_once: usize) -> (Vec<u8>, Result<(), String>) {
    let (mut rewriter, mut output) = (Rewriter::default(), Vec::new());
    for mut piece in input.chunks(at_once) {
        while !piece.is_empty() {
            let mut next = Vec::new();
            let fed = rewriter.feed(piece, &mut next);
            assert!(next.len() <= ENOUGH_BYTES + piece.len() + MAX_BLOCK_BYTES);
            output.append(&mut next);
            match fed {
                Ok(taken) => piece = &piece[taken..],
                Err(malformed) => return (output, Err(malformed.to_string())),
            }
        }
    }
    (output, Ok(()))
}

/// Checks two blocks of headers, one after the other. The first byte says where the second begins.
///
/// # Panics
/// If a property does not hold.
pub fn hpack(bytes: &[u8]) {
    let Some((middle, blocks)) = bytes.split_first() else { return };
    let (first, second) = blocks.split_at(usize::from(*middle).min(blocks.len()));
    let mut decoder = Decoder::default();
    for block in [first, second] {
        let Ok(fields) = decoder.decode(block) else { return };
        let encoded = encode(&fields);
        assert!(encoded.len() <= MAX_BLOCK_BYTES);
        assert_eq!(Decoder::default().decode(&encoded).as_ref(), Ok(&fields));
    }
}
