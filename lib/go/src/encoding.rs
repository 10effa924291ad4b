//! Go's `encoding/base64` and `encoding/base32`, which say at which byte a text goes wrong.

/// `base64.StdEncoding`.
pub fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

/// What `base64.StdEncoding` reads: line ends don't count, and neither do the bits beyond the last
/// byte.
///
/// # Errors
/// Go's message.
pub fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let clean: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    data_encoding_base64().decode(&clean).map_err(|_| {
        let place = corrupt_at(text);
        format!("illegal base64 data at input byte {place}")
    })
}

fn data_encoding_base64() -> data_encoding::Encoding {
    let mut specification = data_encoding::BASE64.specification();
    specification.check_trailing_bits = false;
    // The specification is a well-known one with one check less.
    specification.encoding().unwrap_or(data_encoding::BASE64)
}

/// `base32.StdEncoding`.
pub fn base32(bytes: &[u8]) -> String {
    data_encoding::BASE32.encode(bytes)
}

/// What `base32.StdEncoding` reads: line ends don't count.
///
/// # Errors
/// Go's message.
pub fn decode_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    let clean: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    decode_clean_base32(&clean).map_err(|place| format!("illegal base32 data at input byte {place}"))
}

/// `base32.StdEncoding`, or the place of what does not belong. What follows the padding does not
/// count.
fn decode_clean_base32(text: &[u8]) -> Result<Vec<u8>, usize> {
    const QUANTUM: usize = 8;
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    for (index, quantum) in text.chunks(QUANTUM).enumerate() {
        let start = index * QUANTUM;
        let mut bits: u64 = 0;
        let mut count = 0;
        while count < QUANTUM {
            let Some(byte) = quantum.get(count) else { return Err(start) };
            let rest = text.len() - start - count - 1;
            if *byte == b'=' && count >= 2 && rest < QUANTUM {
                if rest + count < QUANTUM - 1 {
                    return Err(text.len());
                }
                let padding = &text[start + count + 1..];
                let odd = padding.iter().take(QUANTUM - 1 - count).position(|byte| *byte != b'=');
                return match (odd, count) {
                    (Some(odd), _) => Err(start + count + odd),
                    (None, 1 | 3 | 6) => Err(start + count),
                    (None, _) => {
                        push_quantum(&mut out, bits, count);
                        Ok(out)
                    }
                };
            }
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'2'..=b'7' => byte - b'2' + 26,
                _ => return Err(start + count),
            };
            bits |= u64::from(digit) << (35 - 5 * count);
            count += 1;
        }
        push_quantum(&mut out, bits, count);
    }
    Ok(out)
}

/// The whole bytes of so many digits.
fn push_quantum(out: &mut Vec<u8>, bits: u64, digits: usize) {
    out.extend_from_slice(&bits.to_be_bytes()[3..][..digits * 5 / 8]);
}

/// The byte that Go names: the first that does not belong, or the end of a group that is too short.
fn corrupt_at(text: &[u8]) -> usize {
    let mut in_group = 0;
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => in_group = (in_group + 1) % 4,
            b'=' if in_group >= 2 => return after_padding(text, index, 4 - in_group),
            _ => return index,
        }
    }
    text.len() - in_group
}

/// Behind the first `=` of a group: the others, and then nothing.
fn after_padding(text: &[u8], first: usize, wanted: usize) -> usize {
    let mut seen = 0;
    for (index, byte) in text.iter().enumerate().skip(first) {
        match byte {
            b'\r' | b'\n' => {}
            b'=' if seen < wanted => seen += 1,
            _ => return index,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn text_or_message(decoded: Result<Vec<u8>, String>) -> String {
        decoded.map_or_else(|message| message, |bytes| String::from_utf8(bytes).unwrap())
    }

    #[rstest]
    #[case("aGk=", "hi")]
    #[case("aG\nk=", "hi")]
    #[case("aGl=", "hi")]
    #[case("aGk", "illegal base64 data at input byte 0")]
    #[case("a*k=", "illegal base64 data at input byte 1")]
    #[case("aGk=x", "illegal base64 data at input byte 4")]
    fn base64_as_go_reads_it(#[case] encoded: &str, #[case] decoded: &str) {
        assert_eq!(text_or_message(decode_base64(encoded.as_bytes())), decoded);
    }

    #[rstest]
    #[case("NBUQ====", "hi")]
    #[case("NB\nUQ====", "hi")]
    #[case("NBUSA5DI", "hi th")]
    #[case("NBUQ", "illegal base32 data at input byte 0")]
    #[case("NB*Q====", "illegal base32 data at input byte 2")]
    #[case("NBUQ==", "illegal base32 data at input byte 6")]
    #[case("NBU=====", "illegal base32 data at input byte 3")]
    #[case("NBUQ=A==", "illegal base32 data at input byte 4")]
    fn base32_as_go_reads_it(#[case] encoded: &str, #[case] decoded: &str) {
        assert_eq!(text_or_message(decode_base32(encoded.as_bytes())), decoded);
    }
}
