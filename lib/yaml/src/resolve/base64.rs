//! Base64 as Go's `encoding/base64` reads it.

/// The bytes that standard base64 with padding stands for. Line breaks within are skipped.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0_u32, 0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if count % 4 >= 2 && padding < 2 => {
                padding += 1;
                count += 1;
                bits <<= 6;
                if count % 4 == 0 {
                    let group = bits.to_be_bytes();
                    bytes.extend_from_slice(&group[1..4 - padding as usize]);
                }
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = (bits << 6) | u32::from(digit);
        count += 1;
        if count % 4 == 0 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    (count % 4 == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn decodes_padded_base64_only() {
        for (text, bytes) in [
            ("", Some("")),
            ("aGVsbG8=", Some("hello")),
            ("aGVs\nbG8=\n", Some("hello")),
            ("aGVsbA==", Some("hell")),
            ("aGVs", Some("hel")),
            ("aGVsbG8", None),
            ("aGV=bG8=", None),
            ("aGVsbA===", None),
            ("a===", None),
            ("aG Vs", None),
        ] {
            assert_eq!(super::decode(text), bytes.map(|bytes| bytes.as_bytes().to_vec()), "{text}");
        }
    }
}
