//! The executor: walks a template's nodes, evaluates what is in its actions, writes the text. A port of the rules of Go's `exec.go`.

mod argument;
mod builtin;
mod call;
mod context;
mod eval;
mod field;
mod frame;
mod walk;

pub(crate) use builtin::Callee;
pub use context::{Context, Limits, MissingKey, Options};
pub(crate) use frame::Evaluated;

#[cfg(test)]
mod tests;
