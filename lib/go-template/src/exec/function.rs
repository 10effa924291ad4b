//! Functions that templates may call: what they are named, what they take, what they do.

use std::fmt;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::builtin::{Builtin, Callee};
use super::context::Context;
use crate::error::Error;
use crate::parse::{FunctionId, FunctionNames};
use crate::value::{ListType, MapType, ObjectType, Type, Value};

/// What a function does. The arguments are of the types that its [`Function`] declares: the
/// executor has seen to that. A nil may stand for any type that has one.
pub type Run = fn(&mut Context<'_>, &[Value]) -> Result<Value, Error>;

/// A function or method: a Go signature and the code behind it.
///
/// The executor checks number and types of the arguments against the signature, with Go's messages,
/// before it calls. A method's code gets the receiver as first argument, which `params` does not
/// count.
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

/// The functions that templates may call, beside Go's own, and the methods of types. One of the
/// same name as a built-in takes its place.
///
/// A template must be executed with the table that it was parsed with, or with one that has all of
/// its functions at the same places, such as a copy with more of them.
#[derive(Clone, Debug)]
pub struct Functions {
    /// The names are those of the program, so that nobody can make their hashes collide.
    by_name: FxHashMap<&'static str, FunctionId>,
    callees: Vec<Callee>,
    methods: Vec<(TypeWithMethods, &'static [Function])>,
}

/// How many functions there usually are: Helm has about 270. Each call of a plugin makes the table.
const USUAL: usize = 300;

impl Functions {
    /// Go's built-ins alone.
    pub fn new() -> Self {
        let mut functions = Self {
            by_name: FxHashMap::with_capacity_and_hasher(USUAL, FxBuildHasher),
            callees: Vec::with_capacity(USUAL),
            methods: Vec::new(),
        };
        for (name, builtin) in Builtin::ALL {
            functions.set(name, Callee::Builtin(builtin));
        }
        functions
    }

    /// Adds functions; later ones replace earlier ones of the same name.
    pub fn add(&mut self, functions: &'static [Function]) {
        for function in functions {
            self.set(function.name, Callee::Function(function));
        }
    }

    /// Whether there is a function of this name, Go's own among them.
    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Takes away the functions whose names are not wanted. Go's own come back where they were
    /// replaced.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.by_name.retain(|name, _| wanted(name));
    }

    /// Gives a named type its methods. The code of a method gets the receiver as its first
    /// argument.
    pub fn add_methods(&mut self, of: impl Into<TypeWithMethods>, methods: &'static [Function]) {
        self.methods.push((of.into(), methods));
    }

    fn set(&mut self, name: &'static str, callee: Callee) {
        if let Some(FunctionId(place)) = self.by_name.get(name) {
            self.callees[usize::from(*place)] = callee;
            return;
        }
        let place = u16::try_from(self.callees.len()).expect("there are fewer than 65,536 functions");
        self.callees.push(callee);
        self.by_name.insert(name, FunctionId(place));
    }

    /// What is called by a name that the parser found in this table.
    pub(super) fn callee(&self, FunctionId(place): FunctionId) -> Option<Callee> {
        self.callees.get(usize::from(place)).copied()
    }

    /// The method of a value's type that has this name.
    pub(super) fn method(&self, value: &Value, name: &str) -> Option<&'static Function> {
        let of = TypeWithMethods::of(value)?;
        let (_, methods) = self.methods.iter().find(|(known, _)| *known == of)?;
        methods.iter().find(|method| method.name == name)
    }
}

impl Default for Functions {
    fn default() -> Self {
        Self::new()
    }
}

impl FunctionNames for Functions {
    fn id_of(&self, name: &str) -> Option<FunctionId> {
        self.by_name.get(name).copied()
    }
}

/// A type that may have methods: one that has a name of its own. Two types of one name are
/// different, as a struct is from the copy of it that functions get.
#[derive(Clone, Copy, Debug)]
pub enum TypeWithMethods {
    /// A named slice.
    List(&'static ListType),
    /// A named map.
    Map(&'static MapType),
    /// A struct, or a pointer to one.
    Object(&'static ObjectType),
}

impl TypeWithMethods {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::List(list) => Some(Self::List(list.list_type())),
            Value::Map(map) => Some(Self::Map(map.map_type())),
            Value::Object(object) => Some(Self::Object(object.object_type())),
            _ => None,
        }
    }
}

impl PartialEq for TypeWithMethods {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) => std::ptr::eq(*one, *other),
            (Self::Map(one), Self::Map(other)) => std::ptr::eq(*one, *other),
            (Self::Object(one), Self::Object(other)) => std::ptr::eq(*one, *other),
            _ => false,
        }
    }
}

impl From<&'static ListType> for TypeWithMethods {
    fn from(list: &'static ListType) -> Self {
        Self::List(list)
    }
}

impl From<&'static MapType> for TypeWithMethods {
    fn from(map: &'static MapType) -> Self {
        Self::Map(map)
    }
}

impl From<&'static ObjectType> for TypeWithMethods {
    fn from(object: &'static ObjectType) -> Self {
        Self::Object(object)
    }
}
