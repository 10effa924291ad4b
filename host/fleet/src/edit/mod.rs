//! Changes to files of a repository that keep everything else in them as it is.
//!
//! A [`ChangeSet`] holds what files are going to be. It can be laid over a tree, so that its effect
//! is rendered before anything is written, and it is written as a whole or not at all.
//! `Text` is a YAML text that may stand in a block of another one, as patches and values do.

mod change_set;
mod overlay;
mod text;

pub use change_set::ChangeSet;
pub(crate) use change_set::{read_text, refused};
pub use overlay::Overlay;
pub(crate) use text::{Text, apply, visit};
