//! Checksums.

use oarlock_go_template::Function;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use oarlock_go_template::arguments::{TEXT, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("sha1sum", &[TEXT], |_, a| Ok(hex(&Sha1::digest(text(a, 0).as_bytes())).into())),
    Function::new("sha256sum", &[TEXT], |_, a| Ok(hex(&Sha256::digest(text(a, 0).as_bytes())).into())),
    Function::new("sha512sum", &[TEXT], |_, a| Ok(hex(&Sha512::digest(text(a, 0).as_bytes())).into())),
    Function::new("adler32sum", &[TEXT], |_, a| Ok(adler32(text(a, 0).as_bytes()).to_string().into())),
];

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1, 0);
    for byte in bytes {
        low = (low + u32::from(*byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums() {
        assert_eq!(adler32(b"Wikipedia"), 300_286_872);
        assert_eq!(hex(&Sha1::digest(b"")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }
}
