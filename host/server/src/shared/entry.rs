//! How renders are written down for others: JSON, packed. What comes back is checked, since others
//! can write it.

use std::io::{Read as _, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use oarlock_plugin::ReadError;
use serde::{Deserialize, Serialize};

use oarlock_engine::source::{Digest, Lookup, LookupResult, ReadRecord};

/// The most that the reads of a render, and its manifests, may unpack to. What is larger is not
/// shared.
const MAX_READS: u64 = 32 << 20;
const MAX_MANIFESTS: u64 = 128 << 20;

/// The most that either is packed. What is larger is not fetched.
pub(super) const MAX_PACKED: usize = 32 << 20;

/// How many times as large something becomes by unpacking, at most.
const MAX_RATIO: u64 = 1_032;

/// Says before an entry how much it unpacks to.
const LENGTH_BYTES: usize = 8;

/// What a render read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reads {
    /// When it was written, in seconds since 1970.
    pub(super) written: u64,
    pub(super) record: ReadRecord,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    written: u64,
    reads: Vec<(Lookup, LookupResult)>,
}

impl Reads {
    /// Reads that are written now; `None` where the host could not read, which says nothing of the
    /// tree, and where nothing was read, which would be good for every tree.
    pub(super) fn now(record: &ReadRecord) -> Option<Self> {
        if record.is_empty()
            || record.values().any(|answer| matches!(answer, LookupResult::Nothing(ReadError::Failed(_))))
        {
            return None;
        }
        let written = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Some(Self { written, record: record.clone() })
    }

    /// What the same reads are called, whenever they were written.
    pub(super) fn id(&self) -> String {
        let reads: Vec<_> = self.stored();
        Digest::of(&serde_json::to_vec(&reads).unwrap_or_default()).to_string()
    }

    /// `None` where it is too large.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let stored = Stored { written: self.written, reads: self.stored() };
        pack(&serde_json::to_vec(&stored).ok()?, MAX_READS)
    }

    /// `None` where the bytes are something else, or nothing was read: every render reads, if only
    /// to find nothing.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(&unpack(bytes, MAX_READS)?).ok()?;
        if stored.reads.is_empty() {
            return None;
        }
        Some(Self { written: stored.written, record: stored.reads.into_iter().collect() })
    }

    fn stored(&self) -> Vec<(Lookup, LookupResult)> {
        self.record.iter().map(|(request, answer)| (request.clone(), answer.clone())).collect()
    }
}

/// `None` where they are too large.
pub(super) fn encode_manifests(manifests: &[String]) -> Option<Vec<u8>> {
    pack(&serde_json::to_vec(manifests).ok()?, MAX_MANIFESTS)
}

/// `None` where the bytes are something else, or a manifest is no JSON object.
pub(super) fn decode_manifests(bytes: &[u8]) -> Option<Vec<String>> {
    let manifests: Vec<String> = serde_json::from_slice(&unpack(bytes, MAX_MANIFESTS)?).ok()?;
    let is_object =
        |text: &String| text.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    manifests.iter().all(is_object).then_some(manifests)
}

/// How much an entry says that it unpacks to; `None` where that cannot be.
pub(super) fn unpacked_length(entry: &[u8]) -> Option<u64> {
    let (length, packed) = entry.split_first_chunk::<LENGTH_BYTES>()?;
    let length = u64::from_le_bytes(*length);
    (length <= (packed.len() as u64).saturating_mul(MAX_RATIO)).then_some(length)
}

pub(super) fn pack(bytes: &[u8], limit: u64) -> Option<Vec<u8>> {
    let length = bytes.len() as u64;
    if length > limit {
        return None;
    }
    let mut packer = GzEncoder::new(length.to_le_bytes().to_vec(), Compression::fast());
    packer.write_all(bytes).ok()?;
    packer.finish().ok().filter(|packed| packed.len() <= MAX_PACKED)
}

/// What it unpacks to is looked at before anything is unpacked, and it has to be just that.
fn unpack(entry: &[u8], limit: u64) -> Option<Vec<u8>> {
    let length = unpacked_length(entry).filter(|length| *length <= limit)?;
    let mut unpacked = Vec::with_capacity(usize::try_from(length).ok()?);
    GzDecoder::new(&entry[LENGTH_BYTES..]).take(length + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 == length).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use oarlock_plugin::{Kind, Metadata, TreePath};
    use proptest::prelude::*;

    use super::*;

    fn path() -> impl Strategy<Value = TreePath> {
        "[a-z]{1,4}(/[a-zé]{1,4}){0,3}".prop_map(|text| TreePath::new(&text).unwrap())
    }

    fn request() -> impl Strategy<Value = Lookup> {
        prop_oneof![
            path().prop_map(Lookup::Read),
            path().prop_map(Lookup::List),
            path().prop_map(Lookup::Stat),
            "https://[a-z]{1,8}/.{0,8}".prop_map(Lookup::Remote),
        ]
    }

    fn answer() -> impl Strategy<Value = LookupResult> {
        prop_oneof![
            any::<[u8; 32]>().prop_map(|bytes| LookupResult::Content(Digest(bytes))),
            (".{0,12}", any::<u64>()).prop_map(|(path, size)| LookupResult::Found(Metadata {
                kind: Kind::File,
                path,
                size
            })),
            ".{0,12}".prop_map(|path| LookupResult::Found(Metadata { kind: Kind::Directory, path, size: 0 })),
            path().prop_map(LookupResult::Copy),
            Just(LookupResult::Nothing(ReadError::NotFound)),
            Just(LookupResult::Nothing(ReadError::WrongKind(Kind::File))),
            Just(LookupResult::Nothing(ReadError::WrongKind(Kind::Directory))),
            ".{0,12}".prop_map(|why| LookupResult::Nothing(ReadError::Refused(why))),
        ]
    }

    proptest! {
        #[test]
        fn reads_come_back_as_they_were(
            record in proptest::collection::btree_map(request(), answer(), 1..20),
            written: u64,
        ) {
            let reads = Reads { written, record };
            prop_assert_eq!(Reads::decode(&reads.encode().unwrap()), Some(reads.clone()));
            let later = Reads { written: written.wrapping_add(1), ..reads.clone() };
            prop_assert_eq!(later.id(), reads.id());
        }

        #[test]
        fn nonsense_is_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Reads::decode(&bytes), None);
            prop_assert_eq!(decode_manifests(&bytes), None);
        }
    }

    #[test]
    fn manifests_come_back_as_they_were() {
        let manifests = vec![r#"{"kind":"é"}"#.to_owned(), "{}".to_owned()];
        assert_eq!(decode_manifests(&encode_manifests(&manifests).unwrap()), Some(manifests));
        for wrong in ["[]", "{", "{} {}", "null"] {
            assert_eq!(decode_manifests(&encode_manifests(&[wrong.to_owned()]).unwrap()), None, "{wrong}");
        }
    }

    #[test]
    fn paths_that_climb_out_are_nothing() {
        let of = |path: &str| {
            format!(r#"{{"written":0,"reads":[[{{"Read":"{path}"}},{{"Nothing":"NotFound"}}]]}}"#)
        };
        let decode = |path: &str| Reads::decode(&pack(of(path).as_bytes(), MAX_READS).unwrap());
        assert!(decode("etc/passwd").is_some());
        assert_eq!(decode("../../etc/passwd"), None);
    }

    #[test]
    fn what_the_host_could_not_read_is_not_shared() {
        let failed = LookupResult::Nothing(ReadError::Failed("no more files".to_owned()));
        let record = ReadRecord::from([(Lookup::Read(TreePath::new("a").unwrap()), failed)]);
        assert_eq!(Reads::now(&record), None);
    }

    #[test]
    fn an_entry_without_reads_is_none() {
        assert_eq!(Reads::now(&ReadRecord::new()), None);
        let stored = Stored { written: 0, reads: Vec::new() };
        assert_eq!(Reads::decode(&pack(&serde_json::to_vec(&stored).unwrap(), MAX_READS).unwrap()), None);
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let bomb = pack(&vec![b' '; 1 << 20], MAX_MANIFESTS).unwrap();
        assert_eq!(unpack(&bomb, MAX_READS).map(|bytes| bytes.len()), Some(1 << 20));
        assert_eq!(unpack(&bomb, (1 << 20) - 1), None);
        assert_eq!(pack(&vec![b' '; 1 << 20], (1 << 20) - 1), None);
        // It says less, or more, than it unpacks to, or more than it can.
        for length in [0, 10, (1 << 20) + 1, 1 << 40, u64::MAX] {
            let lie = [&length.to_le_bytes(), &bomb[LENGTH_BYTES..]].concat();
            assert_eq!(unpack(&lie, u64::MAX), None, "{length}");
        }
    }
}
