//! Base64 and base32.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oarlock_go_template::{Function, Str};

use super::arguments::{TEXT, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("b64enc", &[TEXT], |_, a| Ok(base64(text(a, 0).as_bytes()).into())),
    Function::new("b64dec", &[TEXT], |_, a| Ok(from_base64(text(a, 0).as_bytes()).into())),
    Function::new("b32enc", &[TEXT], |_, a| Ok(data_encoding::BASE32.encode(text(a, 0).as_bytes()).into())),
    Function::new("b32dec", &[TEXT], |_, a| Ok(from_base32(text(a, 0).as_bytes()).into())),
];

/// `base64.StdEncoding`.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What `base64.StdEncoding` reads: line ends don't count, and neither do the bits beyond the last byte.
pub(super) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let clean: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    data_encoding_base64().decode(&clean).map_err(|_| {
        let place = corrupt_at(text, 4, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        format!("illegal base64 data at input byte {place}")
    })
}

fn data_encoding_base64() -> data_encoding::Encoding {
    let mut specification = data_encoding::BASE64.specification();
    specification.check_trailing_bits = false;
    // The specification is a well-known one with one check less.
    specification.encoding().unwrap_or(data_encoding::BASE64)
}

/// The text, or what is wrong with it: sprig returns the error as text.
fn from_base64(text: &[u8]) -> Str {
    match decode_base64(text) {
        Ok(bytes) => bytes.into(),
        Err(message) => message.into(),
    }
}

fn from_base32(text: &[u8]) -> Str {
    let clean: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut specification = data_encoding::BASE32.specification();
    specification.check_trailing_bits = false;
    if let Ok(bytes) = specification.encoding().unwrap_or(data_encoding::BASE32).decode(&clean) {
        return bytes.into();
    }
    let place = corrupt_at(text, 8, |byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    format!("illegal base32 data at input byte {place}").into()
}

/// The byte that Go names: the first that does not belong, or the end of a group that is too short.
fn corrupt_at(text: &[u8], group: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let mut in_group = 0;
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            byte if belongs(*byte) => in_group = (in_group + 1) % group,
            b'=' if group == 4 && in_group >= 2 => {
                return after_padding(text, index, group - in_group);
            }
            _ => return index,
        }
    }
    text.len() - if group == 4 { in_group } else { 0 }
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

    #[rstest]
    #[case("aGk=", "hi")]
    #[case("aG\nk=", "hi")]
    #[case("aGl=", "hi")]
    #[case("aGk", "illegal base64 data at input byte 0")]
    #[case("a*k=", "illegal base64 data at input byte 1")]
    #[case("aGk=x", "illegal base64 data at input byte 4")]
    fn base64_as_go_reads_it(#[case] encoded: &str, #[case] decoded: &str) {
        assert_eq!(from_base64(encoded.as_bytes()), decoded);
    }
}
