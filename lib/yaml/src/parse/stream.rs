//! A text to its documents.

use std::borrow::Cow;

use super::block;
use super::document::Document;
use super::load::Loader;
use super::text::{self, Piece};
use crate::ParseError;
use crate::limits::Limits;
use crate::reader::{Documents, Rules};

/// The documents of a text, read one after the other. After an error there is none.
#[derive(Debug)]
pub struct DocumentStream<'t> {
    text: Cow<'t, str>,
    pieces: std::vec::IntoIter<Piece>,
    /// What is wrong with the line that should end the last piece.
    odd_separator: Option<ParseError>,
    rules: Rules,
    limits: Limits,
    /// How many more nodes the whole text may have.
    nodes_left: usize,
}

impl<'t> DocumentStream<'t> {
    pub(super) fn new(bytes: &'t [u8], rules: Rules, limits: Limits) -> Result<Self, ParseError> {
        let mut text = text::decode(bytes)?;
        // The lines that it reads end with line feeds, the last one too, which ends a block scalar
        // that stands there.
        if rules.documents == Documents::KubernetesStream && !text.is_empty() && !text.ends_with('\n') {
            text.to_mut().push('\n');
        }
        let (pieces, odd_separator) = match rules.documents {
            Documents::First => (vec![Piece::whole(&text)], None),
            Documents::Single | Documents::KustomizeStream => (text::split_as_kustomize(&text)?, None),
            Documents::KubernetesStream => text::split_as_kubernetes(&text),
        };
        let (pieces, nodes_left) = (pieces.into_iter(), limits.nodes);
        Ok(Self { text, pieces, odd_separator, rules, limits, nodes_left })
    }
}

impl Iterator for DocumentStream<'_> {
    type Item = Result<Document, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(piece) = self.pieces.next() {
            let text = text::strip_mark(&self.text[piece.range]);
            let (rules, limits, nodes_left) = (self.rules, self.limits, &mut self.nodes_left);
            if let Some(document) = block::read(text, piece.line, rules, limits, nodes_left) {
                return Some(Ok(document));
            }
            let loader = Loader::new(text, piece.line, rules, limits, nodes_left);
            match loader.load().transpose() {
                None => {}
                Some(Ok(document)) => return Some(Ok(document)),
                Some(Err(error)) => {
                    self.pieces = Vec::new().into_iter();
                    self.odd_separator = None;
                    return Some(Err(error));
                }
            }
        }
        self.odd_separator.take().map(Err)
    }
}
