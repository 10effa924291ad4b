//! What holds for every entry of the shared cache. Fuzz targets call this; the server does not.

use super::entry::{Reads, decode_manifests, encode_manifests, pack, unpacked_length};
use super::key::{CacheKey, Part};

/// No input of a fuzz target is as large as this, packed or not.
const MAX_BYTES: u64 = 1 << 20;

/// Checks what a store answers: the bytes as they are, and packed as an entry.
///
/// # Panics
/// If a property does not hold.
pub fn shared_render(bytes: &[u8]) {
    // Nobody can make an entry for a key that only replicas have.
    let key = CacheKey::new(b"0123456789abcdef").expect("the key is long enough");
    assert_eq!(key.open(Part::Reads, "name", "id", bytes), None);
    let packed = pack(bytes, MAX_BYTES).unwrap_or_default();
    for entry in [bytes, &packed] {
        let length = unpacked_length(entry);
        if let Some(reads) = Reads::decode(entry) {
            assert!(length.is_some(), "memory is reserved by what an entry says of its length");
            let again = reads.encode().and_then(|entry| Reads::decode(&entry));
            assert_eq!(again.as_ref(), Some(&reads));
            assert_eq!(again.map(|again| again.id()), Some(reads.id()));
        }
        if let Some(manifests) = decode_manifests(entry) {
            assert!(length.is_some(), "memory is reserved by what an entry says of its length");
            let again = encode_manifests(&manifests).and_then(|entry| decode_manifests(&entry));
            assert_eq!(again, Some(manifests));
        }
    }
}
