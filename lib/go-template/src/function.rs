//! Functions that templates may call: what they are named, what they take, what they do.

use std::collections::HashMap;
use std::fmt;

use crate::error::Error;
use crate::exec::Context;
use crate::value::{Type, Value};

/// What a function does. The arguments are of the types that its [`Function`] declares: the executor has seen to that.
/// A nil may stand for any type that has one.
pub type Run = fn(&mut Context<'_>, &[Value]) -> Result<Value, Error>;

/// A function or method: a Go signature and the code behind it.
///
/// The executor checks number and types of the arguments against the signature, with Go's messages, before it calls.
/// A method's code gets the receiver as first argument, which `params` does not count.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name in templates.
    pub name: &'static str,
    /// The types of its parameters; of the last one's elements, when it is variadic.
    pub params: &'static [Type],
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
    /// What it does.
    pub run: Run,
}

impl Function {
    /// A function with so many parameters.
    pub const fn new(name: &'static str, params: &'static [Type], run: Run) -> Self {
        Self { name, params, variadic: false, run }
    }

    /// A function whose last parameter takes any number of arguments.
    pub const fn variadic(name: &'static str, params: &'static [Type], run: Run) -> Self {
        Self { name, params, variadic: true, run }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func {}/{}", self.name, self.params.len())
    }
}

/// The functions on offer, beside Go's own. One of the same name as a built-in takes its place.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    by_name: HashMap<&'static str, &'static Function>,
}

impl Functions {
    /// Go's built-ins alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds functions; later ones replace earlier ones of the same name.
    pub fn add(&mut self, functions: &'static [Function]) {
        self.by_name.extend(functions.iter().map(|function| (function.name, function)));
    }

    /// Takes away the functions whose names are not wanted.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.by_name.retain(|name, _| wanted(name));
    }

    /// The function of a name.
    pub fn get(&self, name: &str) -> Option<&'static Function> {
        self.by_name.get(name).copied()
    }

    /// The names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_name.keys().copied()
    }
}
