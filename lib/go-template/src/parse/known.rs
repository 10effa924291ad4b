//! Pipelines that were parsed before. Templates repeat themselves: of the 18,000 actions of a large
//! chart, a quarter differ.

use std::collections::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::node::{At, Pipe, Placed};
use super::{FileParser, MAX_NESTING, offset};
use crate::error::Error;
use crate::lex::Kind;

/// Longer texts are hardly ever the same.
const MAX_LENGTH: usize = 256;

/// Pipelines by their text, from the first token to the right delimiter, space and trim marker
/// included.
#[derive(Default)]
pub(super) struct Known(HashMap<Box<str>, KnownPipe>);

#[cfg(test)]
impl Known {
    /// How many pipelines are known.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

struct KnownPipe {
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

impl FileParser<'_, '_> {
    /// The pipeline of an action, with its right delimiter. Nothing of it has been read, or its
    /// first token has, and was put back.
    pub(super) fn action_pipeline(&mut self, context: &str) -> Result<Placed, Error> {
        let first = self.next_non_space();
        let base = At { position: offset(first.position), id: self.next_id };
        // What has been read beyond the first token can't be taken back.
        let is_begun = self.peeked > 0;
        let text = if is_begun { None } else { self.lexer.rest_of_action(first.position, MAX_LENGTH) };
        if let Some(pipe) = text.and_then(|text| self.take_known(text, context)) {
            self.tokens[0] = self.lexer.end_action(first.position + text.map_or(0, str::len));
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
        if let Some(text) = text {
            let known = KnownPipe {
                pipe: Arc::clone(&pipe),
                nodes: self.next_id - base.id,
                depth: self.deepest - self.nesting,
                uses: self.uses.drain(..).collect(),
                declares: self.variables[before..].into(),
            };
            self.known.0.insert(text.into(), known);
        }
        Ok(Placed { base, pipe })
    }

    /// A pipeline with this text that would be parsed the same here, as if it were.
    fn take_known(&mut self, text: &str, context: &str) -> Option<Arc<Pipe>> {
        let known = self.known.0.get(text)?;
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
