//! The key by which replicas know their own entries.

use hmac_013::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use oarlock_engine::source::Digest;

/// A key is no shorter than this: less can be guessed.
const MIN_BYTES: usize = 16;

/// The bytes of a code.
const CODE_BYTES: usize = 32;

/// What an entry is, so that one cannot stand in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What a render read.
    Reads,
    /// Its manifests.
    Manifests,
}

/// A secret of the operator's. Every entry carries a code (HMAC-SHA256) that only those who have
/// the key can make.
#[derive(Clone)]
pub struct CacheKey(Vec<u8>);

impl CacheKey {
    /// A key from a file or a variable; space around it does not count.
    ///
    /// # Errors
    /// If it is too short to be one.
    pub fn new(text: &[u8]) -> anyhow::Result<Self> {
        let text = text.trim_ascii();
        if text.len() < MIN_BYTES {
            anyhow::bail!(
                "the key of the shared cache has {} bytes, and {MIN_BYTES} are the least; `openssl rand -hex 32` makes one",
                text.len()
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// What tells keys apart without giving them away.
    pub(super) fn id(&self) -> Digest {
        Digest(self.mac(b"oarlock cache key").finalize().into_bytes().into())
    }

    /// An entry with its code before it.
    pub(super) fn seal(&self, part: Part, name: &str, id: &str, entry: &[u8]) -> Vec<u8> {
        let code = self.code(part, name, id, entry).finalize().into_bytes();
        [code.as_slice(), entry].concat()
    }

    /// An entry without its code; `None` where that is not the code of this entry in this place.
    pub(super) fn open<'a>(&self, part: Part, name: &str, id: &str, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (code, entry) = sealed.split_at_checked(CODE_BYTES)?;
        self.code(part, name, id, entry).verify_slice(code).ok()?;
        Some(entry)
    }

    fn code(&self, part: Part, name: &str, id: &str, entry: &[u8]) -> Hmac<Sha256> {
        let part: &[u8] = match part {
            Part::Reads => b"reads",
            Part::Manifests => b"manifests",
        };
        let mut mac = self.mac(part);
        // Lengths first, so that no two places read the same.
        for text in [name.as_bytes(), id.as_bytes(), entry] {
            mac.update(&(text.len() as u64).to_le_bytes());
            mac.update(text);
        }
        mac
    }

    fn mac(&self, purpose: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(&(purpose.len() as u64).to_le_bytes());
        mac.update(purpose);
        mac
    }
}

impl std::fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CacheKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_good_where_it_was_put_by_whoever_has_the_key() {
        let key = CacheKey::new(b" 0123456789abcdef\n").unwrap();
        let other = CacheKey::new(b"0123456789abcdeg").unwrap();
        let sealed = key.seal(Part::Reads, "name", "id", b"entry");
        assert_eq!(key.open(Part::Reads, "name", "id", &sealed), Some(&b"entry"[..]));
        assert_ne!(key.id(), other.id());
        assert_eq!(key.id(), CacheKey::new(b"0123456789abcdef").unwrap().id());
        for (key, part, name, id) in [
            (&other, Part::Reads, "name", "id"),
            (&key, Part::Manifests, "name", "id"),
            (&key, Part::Reads, "namei", "d"),
            (&key, Part::Reads, "name", "other"),
        ] {
            assert_eq!(key.open(part, name, id, &sealed), None, "{part:?} {name} {id}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(Part::Reads, "name", "id", &changed), None);
            assert_eq!(key.open(Part::Reads, "name", "id", &sealed[..at]), None);
        }
    }

    #[test]
    fn a_key_is_long_enough_and_not_told() {
        let error = CacheKey::new(b"0123456789abcde\n").unwrap_err().to_string();
        assert!(error.contains("has 15 bytes") && !error.contains("0123"), "{error}");
        assert_eq!(format!("{:?}", CacheKey::new(b"0123456789abcdef").unwrap()), "CacheKey(…)");
    }
}
