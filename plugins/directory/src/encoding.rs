//! What a file's bytes say, for looking at: the parsers read the bytes themselves.

use std::borrow::Cow;

/// The text of a file in UTF-8, or in UTF-16 with a byte order mark. What cannot be read is
/// replaced.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => String::from_utf8_lossy(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_encoding_that_argo_cd_reads() {
        let utf16 =
            |unit: fn(u16) -> [u8; 2]| "\u{FEFF}kind: é".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        for bytes in
            [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), "\u{FEFF}kind: é".into(), "kind: é".into()]
        {
            assert_eq!(text(&bytes), "kind: é");
        }
    }
}
