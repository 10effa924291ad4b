//! What `oarlock.lock` says of a chart: `18.1.0 sha256:…`.

use std::fmt;
use std::str::FromStr;

use oarlock_engine::source::Digest;

const ALGORITHM: &str = "sha256:";

/// The version that a constraint was resolved to, and the digest of its archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    pub(super) version: String,
    pub(super) digest: Digest,
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {ALGORITHM}{}", self.version, self.digest)
    }
}

/// What is written is no pin of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chart is pinned as `VERSION sha256:DIGEST`")]
pub(crate) struct NoPin;

impl FromStr for Pin {
    type Err = NoPin;

    fn from_str(text: &str) -> Result<Self, NoPin> {
        let (version, digest) = text.split_once(' ').ok_or(NoPin)?;
        let digest = sha256(digest).ok_or(NoPin)?;
        Ok(Self { version: version.to_owned(), digest })
    }
}

/// A digest as registries write it.
pub(super) fn sha256(text: &str) -> Option<Digest> {
    Digest::from_hex(text.strip_prefix(ALGORITHM)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_as_it_is_written() {
        let pin = Pin { version: "1.2.3+4".to_owned(), digest: Digest::of(b"chart") };
        assert_eq!(pin.to_string().parse(), Ok(pin));
        for text in ["", "1.2.3", "1.2.3 sha256:", "1.2.3 sha256:xyz", "1.2.3 md5:00"] {
            assert_eq!(text.parse::<Pin>(), Err(NoPin), "{text}");
        }
    }
}
