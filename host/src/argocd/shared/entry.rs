//! How renders are written down for others: JSON, packed. What comes back is checked, whoever wrote it.

use std::io::{Read as _, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use oarlock_plugin::{Kind, Metadata, ReadError, TreePath};
use serde::{Deserialize, Serialize};

use crate::source::{Answer, Digest, ReadRecord, Request};

/// The most that something may unpack to.
const MAX_BYTES: u64 = 256 << 20;

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
    reads: Vec<(Asked, Answered)>,
}

#[derive(Serialize, Deserialize)]
enum Asked {
    Read(String),
    List(String),
    Stat(String),
    Remote(String),
}

#[derive(Serialize, Deserialize)]
enum Answered {
    Content(String),
    File(String, u64),
    Directory(String),
    Copy(String),
    NotFound,
    IsFile,
    IsDirectory,
    Refused(String),
}

impl Reads {
    /// Reads that are written now; `None` where the host could not read, which says nothing of the tree.
    pub(super) fn now(record: &ReadRecord) -> Option<Self> {
        if record.values().any(|answer| matches!(answer, Answer::Nothing(ReadError::Failed(_)))) {
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

    pub(super) fn encode(&self) -> Vec<u8> {
        let stored = Stored { written: self.written, reads: self.stored() };
        pack(&serde_json::to_vec(&stored).unwrap_or_default())
    }

    /// `None` where the bytes are something else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(&unpack(bytes)?).ok()?;
        let read =
            |(asked, answered): (Asked, Answered)| Some((asked.into_request()?, answered.into_answer()?));
        let record = stored.reads.into_iter().map(read).collect::<Option<_>>()?;
        Some(Self { written: stored.written, record })
    }

    fn stored(&self) -> Vec<(Asked, Answered)> {
        self.record.iter().map(|(request, answer)| (Asked::of(request), Answered::of(answer))).collect()
    }
}

impl Asked {
    fn of(request: &Request) -> Self {
        let text = |path: &TreePath| path.as_str().to_owned();
        match request {
            Request::Read(path) => Self::Read(text(path)),
            Request::List(path) => Self::List(text(path)),
            Request::Stat(path) => Self::Stat(text(path)),
            Request::Remote(url) => Self::Remote(url.clone()),
        }
    }

    fn into_request(self) -> Option<Request> {
        let path = |text: String| TreePath::new(&text).ok();
        Some(match self {
            Self::Read(text) => Request::Read(path(text)?),
            Self::List(text) => Request::List(path(text)?),
            Self::Stat(text) => Request::Stat(path(text)?),
            Self::Remote(url) => Request::Remote(url),
        })
    }
}

impl Answered {
    fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Content(digest) => Self::Content(digest.to_string()),
            Answer::Found(Metadata { kind: Kind::File, path, size }) => Self::File(path.clone(), *size),
            Answer::Found(Metadata { kind: Kind::Directory, path, .. }) => Self::Directory(path.clone()),
            Answer::Copy(path) => Self::Copy(path.as_str().to_owned()),
            Answer::Nothing(ReadError::NotFound) => Self::NotFound,
            Answer::Nothing(ReadError::WrongKind(Kind::File)) => Self::IsFile,
            Answer::Nothing(ReadError::WrongKind(Kind::Directory)) => Self::IsDirectory,
            Answer::Nothing(ReadError::Refused(why) | ReadError::Failed(why)) => Self::Refused(why.clone()),
        }
    }

    fn into_answer(self) -> Option<Answer> {
        Some(match self {
            Self::Content(digest) => Answer::Content(Digest::from_hex(&digest)?),
            Self::File(path, size) => Answer::Found(Metadata { kind: Kind::File, path, size }),
            Self::Directory(path) => Answer::Found(Metadata { kind: Kind::Directory, path, size: 0 }),
            Self::Copy(path) => Answer::Copy(TreePath::new(&path).ok()?),
            Self::NotFound => Answer::Nothing(ReadError::NotFound),
            Self::IsFile => Answer::Nothing(ReadError::WrongKind(Kind::File)),
            Self::IsDirectory => Answer::Nothing(ReadError::WrongKind(Kind::Directory)),
            Self::Refused(why) => Answer::Nothing(ReadError::Refused(why)),
        })
    }
}

pub(super) fn encode_manifests(manifests: &[String]) -> Vec<u8> {
    pack(&serde_json::to_vec(manifests).unwrap_or_default())
}

/// `None` where the bytes are something else, or a manifest is no JSON object.
pub(super) fn decode_manifests(bytes: &[u8]) -> Option<Vec<String>> {
    let manifests: Vec<String> = serde_json::from_slice(&unpack(bytes)?).ok()?;
    let is_object =
        |text: &String| text.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    manifests.iter().all(is_object).then_some(manifests)
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = packer.write_all(bytes);
    packer.finish().unwrap_or_default()
}

fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes).take(MAX_BYTES + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 <= MAX_BYTES).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path() -> impl Strategy<Value = TreePath> {
        "[a-z]{1,4}(/[a-zé]{1,4}){0,3}".prop_map(|text| TreePath::new(&text).unwrap())
    }

    fn request() -> impl Strategy<Value = Request> {
        prop_oneof![
            path().prop_map(Request::Read),
            path().prop_map(Request::List),
            path().prop_map(Request::Stat),
            "https://[a-z]{1,8}/.{0,8}".prop_map(Request::Remote),
        ]
    }

    fn answer() -> impl Strategy<Value = Answer> {
        prop_oneof![
            any::<[u8; 32]>().prop_map(|bytes| Answer::Content(Digest(bytes))),
            (".{0,12}", any::<u64>()).prop_map(|(path, size)| Answer::Found(Metadata {
                kind: Kind::File,
                path,
                size
            })),
            ".{0,12}".prop_map(|path| Answer::Found(Metadata { kind: Kind::Directory, path, size: 0 })),
            path().prop_map(Answer::Copy),
            Just(Answer::Nothing(ReadError::NotFound)),
            Just(Answer::Nothing(ReadError::WrongKind(Kind::File))),
            Just(Answer::Nothing(ReadError::WrongKind(Kind::Directory))),
            ".{0,12}".prop_map(|why| Answer::Nothing(ReadError::Refused(why))),
        ]
    }

    proptest! {
        #[test]
        fn reads_come_back_as_they_were(
            record in proptest::collection::btree_map(request(), answer(), 0..20),
            written: u64,
        ) {
            let reads = Reads { written, record };
            prop_assert_eq!(Reads::decode(&reads.encode()), Some(reads.clone()));
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
        assert_eq!(decode_manifests(&encode_manifests(&manifests)), Some(manifests));
        for wrong in ["[]", "{", "{} {}", "null"] {
            assert_eq!(decode_manifests(&encode_manifests(&[wrong.to_owned()])), None, "{wrong}");
        }
    }

    #[test]
    fn paths_that_climb_out_are_nothing() {
        let stored = Stored {
            written: 0,
            reads: vec![(Asked::Read("../../etc/passwd".to_owned()), Answered::NotFound)],
        };
        assert_eq!(Reads::decode(&pack(&serde_json::to_vec(&stored).unwrap())), None);
    }

    #[test]
    fn what_the_host_could_not_read_is_not_shared() {
        let failed = Answer::Nothing(ReadError::Failed("no more files".to_owned()));
        let record = ReadRecord::from([(Request::Read(TreePath::new("a").unwrap()), failed)]);
        assert_eq!(Reads::now(&record), None);
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        assert_eq!(unpack(&pack(&vec![b' '; usize::try_from(MAX_BYTES).unwrap() + 1])), None);
    }
}
