//! Rendering strings: the two engines behind one call.

mod document;
mod fasttemplate;
mod functions;
mod go_template;
mod names;

use oarlock_go_template::Map;

use crate::error::Result;

pub(crate) use document::{Render, render_document, render_generator};
pub(crate) use go_template::{GoTemplate, GoTemplates, MissingKeys};
pub(crate) use names::sanitize;

/// The engine of an ApplicationSet.
pub(crate) enum TemplateEngine<'e> {
    /// `goTemplate: false`, and how many bytes of text may still be made.
    Fast { room: usize },
    /// `goTemplate: true`.
    Go(Box<GoTemplates<'e>>),
}

/// How many bytes of text all templates of an ApplicationSet may make.
const MAX_TEXT: usize = 64 << 20;

impl TemplateEngine<'_> {
    /// The engine of `goTemplate: false`.
    pub(crate) fn fast() -> Self {
        Self::Fast { room: MAX_TEXT }
    }

    /// Renders one string: `Render.Replace`.
    ///
    /// # Errors
    /// If it is no template or cannot be executed.
    pub(crate) fn replace(&mut self, text: &str, params: &Map) -> Result<String> {
        match self {
            Self::Fast { room } => {
                let text = fasttemplate::replace(text, params, *room)?;
                *room = room.saturating_sub(text.len());
                Ok(text)
            }
            Self::Go(templates) => templates.execute(text, params, MissingKeys::AsConfigured),
        }
    }

    /// Renders a value of a matrix's second generator with the parameters of the first. For Go
    /// templates it is all or nothing: where a key is missing the text stays, for the generator's
    /// own pass.
    ///
    /// # Errors
    /// If it is no template or cannot be executed for another reason.
    pub(crate) fn replace_or_keep(&mut self, text: &str, params: &Map) -> Result<String> {
        match self {
            Self::Fast { .. } => self.replace(text, params),
            Self::Go(templates) => templates.execute_or_keep(text, params),
        }
    }

    /// Whether this is the engine of Go templates.
    pub(crate) fn is_go(&self) -> bool {
        matches!(self, Self::Go(_))
    }
}
