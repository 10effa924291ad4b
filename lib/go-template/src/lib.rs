//! Go's `text/template`: parsing and executing the templates that Helm charts and Argo CD's
//! ApplicationSets are written in.
//!
//! Values are Go's dynamic values ([`Value`]): maps are shared and mutable, numbers keep their
//! kinds, nil differs from missing. Output and error messages are those of Go's library, position
//! included.
//!
//! It is written here since no crate executes this language as Go does: `gotmpl`, the nearest, has
//! maps that templates cannot change, and Helm's `set` and `merge` do. Charts print what Go prints
//! of a number, a map or a nil, and their users compare the message of a failure, with its line and
//! column, with Helm's. Limits on depth, steps and output hold here for what any template does, so
//! that a repository cannot make a render run on.
//!
//! [`parse`] turns text into [`Tree`]s; a [`Templates`] set holds them by name; a [`Context`]
//! executes them. Functions beside Go's own are given as a table, each a [`Function`] with its Go
//! signature.
//!
//! ```
//! use std::rc::Rc;
//! use oarlock_go_template::{Context, Error, Function, Functions, Map, Options, Templates, Type, Value};
//!
//! static SHOUT: &[Function] = &[Function::new("shout", &[Type::String], |_, arguments| {
//!     let text = arguments[0].as_str().cloned().unwrap_or_default();
//!     Ok(Value::from(text.to_text().to_uppercase()))
//! })];
//!
//! # fn main() -> Result<(), Error> {
//! let mut functions = Functions::new();
//! functions.add(SHOUT);
//! let mut templates = Templates::new();
//! templates.parse("greeting", "Hello{{ with .name }}, {{ . | shout }}{{ end }}!", &functions)?;
//!
//! let data: Map = [("name", "argo")].into_iter().collect();
//! let mut state = ();
//! let mut context = Context::new(Rc::new(templates), &functions, &mut state, Options::default());
//! assert_eq!(context.execute("greeting", &Value::Map(data))?, "Hello, ARGO!");
//! # Ok(())
//! # }
//! ```
//!
//! A context has a [`State`] of the caller's that functions reach with [`Context::state`];
//! [`Limits`] bound what a template may do.

pub mod arguments;
mod error;
mod exec;
pub mod fmt;
mod lex;
mod parse;
mod templates;
mod value;

pub use error::{Error, ErrorKind, Limit, Position};
pub use exec::{
    Context, Function, Functions, Limits, MissingKey, Options, Run, State, TypeWithMethods, WrittenBy,
};
pub use parse::{FunctionId, FunctionNames, Parser, Tree, parse};
pub use templates::Templates;
pub use value::{
    ANY_LIST, ANY_MAP, Bytes, INT_LIST, IntType, LIST_LIST, List, ListType, MAP_LIST, Map, MapType, Object,
    ObjectType, STRING_LIST, STRING_MAP, Str, Type, UintType, Value,
};
