//! The executor: walks a template's nodes, evaluates what is in its actions, writes the text. A
//! port of the rules of Go's `exec.go`.

mod argument;
mod builtin;
mod builtins;
mod call;
mod context;
mod eval;
mod field;
mod frame;
mod function;
mod output;
mod walk;

pub use context::{Context, Limits, MissingKey, Options, State};
pub use function::{Function, Functions, Run, TypeWithMethods};
pub use output::WrittenBy;

#[cfg(test)]
mod tests;
