//! The form of an entry: a head with version and checksum, then JSON.

use std::collections::BTreeSet;

use oarlock_model::{Failure, Origin, ReadError};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::pipeline::{Configured, RenderOutcome, Rendered};
use crate::sandbox::Notice;
use crate::source::{Lookup, LookupResult, ReadRecord};

/// What an entry begins with.
const HEAD: &[u8] = b"oarlock render 2\n";

/// A render, and all that it depended on besides its task.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) configuration: ReadRecord,
    pub(super) reads: ReadRecord,
    pub(super) configured: Option<Configured>,
    pub(super) manifests: Vec<(String, Option<Origin>)>,
    pub(super) warnings: Vec<Notice>,
    pub(super) plugins: BTreeSet<String>,
}

/// As it is written. A record has keys that are no text, so it is a list of pairs.
#[derive(Serialize, Deserialize)]
struct Stored<P, M, W, N> {
    configuration: P,
    reads: P,
    configured: Option<Configured>,
    manifests: M,
    warnings: W,
    plugins: N,
}

type Loaded = Stored<
    Vec<(Lookup, LookupResult)>,
    Vec<(String, Option<Origin>)>,
    Vec<(String, Failure)>,
    BTreeSet<String>,
>;

impl Entry {
    /// An entry of a render; `None` where the host failed to read something, which says nothing of
    /// the tree, and where nothing was read, which would be good for every tree.
    pub(super) fn of(rendered: &Rendered, outcome: &RenderOutcome) -> Option<Self> {
        let answers = || outcome.configuration.values().chain(outcome.reads.values());
        if answers().next().is_none()
            || answers().any(|answer| matches!(answer, LookupResult::Nothing(ReadError::Failed(_))))
        {
            return None;
        }
        let manifest =
            |manifest: &crate::manifest::Manifest| (manifest.json.clone(), manifest.origin.clone());
        Some(Self {
            configuration: outcome.configuration.clone(),
            reads: outcome.reads.clone(),
            configured: outcome.configured,
            manifests: rendered.manifests.iter().map(manifest).collect(),
            warnings: outcome.services.warnings(),
            plugins: outcome.services.rendered(),
        })
    }

    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let stored = Stored {
            configuration: self.configuration.iter().collect::<Vec<_>>(),
            reads: self.reads.iter().collect::<Vec<_>>(),
            configured: self.configured,
            manifests: &self.manifests,
            warnings: self
                .warnings
                .iter()
                .map(|notice| (&notice.plugin, &notice.failure))
                .collect::<Vec<_>>(),
            plugins: &self.plugins,
        };
        let json = serde_json::to_vec(&stored).ok()?;
        Some([HEAD, &xxh3_128(&json).to_le_bytes(), &json].concat())
    }

    /// `None` for bytes that are damaged or something else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (checksum, json) = bytes.strip_prefix(HEAD)?.split_first_chunk::<16>()?;
        if xxh3_128(json).to_le_bytes() != *checksum {
            return None;
        }
        let stored: Loaded = serde_json::from_slice(json).ok()?;
        if stored.configuration.is_empty() && stored.reads.is_empty() {
            return None;
        }
        Some(Self {
            configuration: stored.configuration.into_iter().collect(),
            reads: stored.reads.into_iter().collect(),
            configured: stored.configured,
            manifests: stored.manifests,
            warnings: stored
                .warnings
                .into_iter()
                .map(|(plugin, failure)| Notice { plugin, failure })
                .collect(),
            plugins: stored.plugins,
        })
    }
}

#[cfg(test)]
mod tests {
    use oarlock_model::{Digest, Kind, Metadata, TreePath};
    use proptest::prelude::*;

    use super::*;

    fn record() -> impl Strategy<Value = ReadRecord> {
        let path = || "[a-z]{1,4}(/[a-zé]{1,4}){0,3}".prop_map(|text| TreePath::new(&text).unwrap());
        let request = prop_oneof![
            path().prop_map(Lookup::Read),
            path().prop_map(Lookup::List),
            path().prop_map(Lookup::Stat),
            "https://[a-z]{1,8}/.{0,8}".prop_map(Lookup::Remote),
        ];
        let answer = prop_oneof![
            any::<[u8; 32]>().prop_map(|bytes| LookupResult::Content(Digest(bytes))),
            (".{0,12}", any::<u64>()).prop_map(|(path, size)| LookupResult::Found(Metadata {
                kind: Kind::File,
                path,
                size
            })),
            path().prop_map(LookupResult::Copy),
            Just(LookupResult::Nothing(ReadError::NotFound)),
            Just(LookupResult::Nothing(ReadError::WrongKind(Kind::Directory))),
            ".{0,12}".prop_map(|why| LookupResult::Nothing(ReadError::Refused(why))),
        ];
        proptest::collection::btree_map(request, answer, 0..12)
    }

    fn entry() -> impl Strategy<Value = Entry> {
        (record(), record(), proptest::collection::vec(".{0,20}", 0..4)).prop_map(
            |(configuration, reads, texts)| Entry {
                configuration,
                reads,
                configured: None,
                manifests: texts
                    .iter()
                    .map(|text| (text.clone(), Some(Origin::at("a.yaml", 1, 2))))
                    .collect(),
                warnings: texts
                    .iter()
                    .map(|text| Notice {
                        plugin: "p".to_owned(),
                        failure: Failure::new(text.clone()).note("n"),
                    })
                    .collect(),
                plugins: texts.into_iter().collect(),
            },
        )
    }

    proptest! {
        #[test]
        fn entries_come_back_as_they_were(entry in entry()) {
            let is_empty = entry.configuration.is_empty() && entry.reads.is_empty();
            let decoded = Entry::decode(&entry.encode().unwrap());
            prop_assert_eq!(decoded, (!is_empty).then_some(entry));
        }

        #[test]
        fn damage_is_noticed(entry in entry(), at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = entry.encode().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_eq!(Entry::decode(&bytes), None);
            bytes.truncate(at);
            prop_assert_eq!(Entry::decode(&bytes), None);
        }
    }
}
