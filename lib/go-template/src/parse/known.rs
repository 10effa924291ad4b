//! Pipelines that were parsed before. Templates repeat themselves: of the 18,000 actions of a large
//! chart, a quarter differ.

use std::hash::BuildHasher;
use std::sync::Arc;

use oarlock_bytes::same;
use rustc_hash::FxBuildHasher;
use smol_str::SmolStr;

use super::node::{At, Pipe, Placed};
use super::{FileParser, MAX_NESTING, offset};
use crate::error::Error;
use crate::lex::Kind;

/// Longer texts are hardly ever the same.
const MAX_LENGTH: usize = 256;

/// Pipelines by their text, from the first token to the right delimiter, space and trim marker
/// included.
///
/// A text has a few places, by its hash, and takes that of another if they are all taken. So
/// neither a search nor an entry takes longer for texts with the same hash, whoever chose them.
#[derive(Default)]
pub(super) struct Known {
    /// A power of two of them, or none.
    places: Vec<Option<Box<KnownPipe>>>,
    count: usize,
}

/// How many places a text has.
const PLACES: usize = 8;
/// How many places there are at first.
const FIRST_PLACES: usize = 64;

struct KnownPipe {
    text: Box<str>,
    hash: u64,
    pipe: Arc<Pipe>,
    /// How many nodes it has.
    nodes: u32,
    /// How deep its parentheses nest.
    depth: usize,
    /// The variables that must be known where it stands.
    uses: Box<[SmolStr]>,
    /// The variables that are known behind it, those that it declares in parentheses among them.
    declares: Box<[SmolStr]>,
}

impl Known {
    /// The places of a text.
    fn places(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.places.len().wrapping_sub(1);
        // Less than all bits are enough to spread them.
        #[expect(clippy::cast_possible_truncation, reason = "the low bits of a hash")]
        let first = hash as usize;
        (0..PLACES).map(move |next| first.wrapping_add(next) & mask)
    }

    fn get(&self, hash: u64, text: &str) -> Option<&KnownPipe> {
        let mut known = self.places(hash).filter_map(|place| self.places.get(place)?.as_deref());
        known.find(|known| known.hash == hash && same(known.text.as_bytes(), text.as_bytes()))
    }

    fn insert(&mut self, known: Box<KnownPipe>) {
        if self.count * 2 >= self.places.len() {
            let larger = (self.places.len() * 2).max(FIRST_PLACES);
            let before = std::mem::take(&mut self.places);
            self.places.resize_with(larger, || None);
            self.count = 0;
            before.into_iter().flatten().for_each(|known| self.put(known));
        }
        self.put(known);
    }

    /// Puts an entry where there is room, or in place of another.
    fn put(&mut self, known: Box<KnownPipe>) {
        let mut places = self.places(known.hash);
        let free = places.find(|place| self.places[*place].is_none());
        let place = free.or_else(|| self.places(known.hash).next());
        self.count += usize::from(free.is_some());
        if let Some(place) = place {
            self.places[place] = Some(known);
        }
    }

    /// How many pipelines are known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.count
    }
}

fn hash_of(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

impl FileParser<'_, '_> {
    /// The pipeline of an action, with its right delimiter. Nothing of it has been read, or its
    /// first token has, and was put back.
    pub(super) fn action_pipeline(&mut self, context: &str) -> Result<Placed, Error> {
        let first = self.next_non_space();
        let base = At { position: offset(first.position), id: self.next_id };
        // What has been read beyond the first token can't be taken back.
        let is_begun = self.peeked > 0;
        let text = if is_begun { None } else { self.lexer.rest_of_action(first.position, MAX_LENGTH) };
        let text = text.map(|text| (text, hash_of(text)));
        if let Some((text, hash)) = text
            && let Some(pipe) = self.take_known(hash, text, context)
        {
            self.tokens[0] = self.lexer.end_action(first.position + text.len());
            return Ok(Placed { base, pipe });
        }
        self.backup();
        // There is no pipeline of an action within another.
        self.base = base;
        self.deepest = self.nesting;
        self.uses.clear();
        let before = self.variables.len();
        self.before = before;
        let parsed = self.pipeline(context, Kind::RightDelimiter);
        self.base = At::default();
        let pipe = Arc::new(parsed?);
        if let Some((text, hash)) = text {
            let known = KnownPipe {
                text: text.into(),
                hash,
                pipe: Arc::clone(&pipe),
                nodes: self.next_id - base.id,
                depth: self.deepest - self.nesting,
                uses: self.uses.drain(..).collect(),
                declares: self.variables[before..].into(),
            };
            self.known.insert(Box::new(known));
        }
        Ok(Placed { base, pipe })
    }

    /// A pipeline with this text that would be parsed the same here, as if it were.
    fn take_known(&mut self, hash: u64, text: &str, context: &str) -> Option<Arc<Pipe>> {
        let known = self.known.get(hash, text)?;
        let may_declare = if context == "range" { 2 } else { 1 };
        let fits = known.pipe.variables.len() <= may_declare
            && self.nesting + known.depth <= MAX_NESTING
            && known.uses.iter().all(|name| self.variables.contains(name));
        if !fits {
            return None;
        }
        self.next_id += known.nodes;
        self.variables.extend(known.declares.iter().cloned());
        Some(Arc::clone(&known.pipe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str, hash: u64) -> KnownPipe {
        let pipe = Pipe { at: At::default(), assign: false, variables: Vec::new(), commands: Vec::new() };
        let (uses, declares) = (Box::default(), Box::default());
        KnownPipe { text: text.into(), hash, pipe: Arc::new(pipe), nodes: 1, depth: 0, uses, declares }
    }

    #[test]
    fn texts_with_the_same_hash_have_a_few_places() {
        let mut all = Known::default();
        let texts: Vec<String> = (0..1_000).map(|number| format!(".a{number}")).collect();
        for text in &texts {
            all.insert(Box::new(known(text, 7)));
            assert!(all.get(7, text).is_some(), "the newest is found: {text}");
        }
        assert_eq!(all.len(), PLACES);
        assert_eq!(all.places.len(), FIRST_PLACES);
        assert!(all.get(7, ".b").is_none() && all.get(8, ".a999").is_none());
    }

    #[test]
    fn other_texts_are_nearly_all_found() {
        let mut all = Known::default();
        let texts: Vec<String> = (0..5_000).map(|number| format!("print $x {number} | quote ")).collect();
        for text in &texts {
            all.insert(Box::new(known(text, hash_of(text))));
        }
        let found = texts.iter().filter(|text| all.get(hash_of(text), text).is_some()).count();
        assert!(found > 4_900, "{found}");
    }
}
