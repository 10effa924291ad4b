//! What an execution knows: templates, functions, limits, and the state of the program that runs
//! it.

use std::any::{Any, TypeId};
use std::rc::Rc;
use std::sync::Arc;

use super::frame::{Evaluated, Frame};
use super::function::Functions;
use super::output::{Marked, Output, WrittenBy};
use crate::error::{Error, ErrorKind, Limit, Position};
use crate::fmt::{self, Printer};
use crate::parse::Tree;
use crate::parse::node::At;
use crate::templates::Templates;
use crate::value::{Str, Value};
use oarlock_go::strconv::quote;

/// What `.a` gives for a map without such a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value: further fields of it are no values either.
    #[default]
    Invalid,
    /// The zero value of the map's elements: further fields of a nil are errors. What Helm asks
    /// for.
    Zero,
    /// An error.
    Error,
}

/// How much an execution may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Templates within templates, by `template` or by functions such as Helm's `include`. Each
    /// takes a few hundred bytes to some kilobytes of stack.
    pub depth: usize,
    /// Nodes walked, commands evaluated, rounds of loops.
    pub steps: u64,
    /// Bytes of text written, that of included templates counted each time.
    pub output_bytes: usize,
    /// Items of one list that a function makes.
    pub items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 200, steps: 100_000_000, output_bytes: 256 << 20, items: 4_000_000 }
    }
}

/// Settings of an execution.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What `.a` gives for a map without such a key.
    pub missing_key: MissingKey,
    /// How much may be done.
    pub limits: Limits,
    /// Name of the set of templates, for Go's message about one that is not in it.
    pub name: String,
}

/// What functions share during an execution. Each library of functions has a part of its own, which
/// it finds by its type.
pub trait State {
    /// The part of this type, where there is one.
    fn part(&mut self, of: TypeId) -> Option<&mut dyn Any>;
}

/// For functions that share nothing.
impl State for () {
    fn part(&mut self, _: TypeId) -> Option<&mut dyn Any> {
        None
    }
}

/// One execution, in which templates call functions and functions execute templates.
pub struct Context<'e> {
    pub(super) templates: Rc<Templates>,
    pub(super) functions: &'e Functions,
    state: &'e mut dyn State,
    pub(super) options: Options,
    pub(super) steps: u64,
    pub(super) depth: usize,
    written: usize,
    /// The call that is being made.
    pub(super) site: Option<(Arc<Tree>, At)>,
}

impl<'e> Context<'e> {
    /// An execution of these templates. `state` is for the functions alone, see [`Context::state`].
    pub fn new(
        templates: Rc<Templates>,
        functions: &'e Functions,
        state: &'e mut dyn State,
        options: Options,
    ) -> Self {
        Self { templates, functions, state, options, steps: 0, depth: 0, written: 0, site: None }
    }

    /// Executes a template by its name and returns its text. Functions may do so too.
    ///
    /// # Errors
    /// Go's message, with template, line and column of the innermost node that was being evaluated.
    pub fn execute(&mut self, name: &str, data: &Value) -> Result<Str, Error> {
        let mut out = Vec::new();
        self.execute_into(name, data, &mut out)?;
        Ok(out.into())
    }

    /// As [`execute`](Self::execute), and adds the text to a buffer.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn execute_into(&mut self, name: &str, data: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        let Some(tree) = self.templates.get(name).cloned() else {
            let (name, set) = (quote(name.as_bytes()), quote(self.options.name.as_bytes()));
            let message = format!("template: no template {name} associated with template {set}");
            return Err(Error::with_kind(ErrorKind::Exec, message));
        };
        self.execute_tree(&tree, data, out)
    }

    /// As [`execute`](Self::execute), and says for each line of the text which line of a template
    /// wrote it: of one that a function executes, the line that calls the function. `None` for an
    /// empty line.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn execute_with_lines(
        &mut self,
        name: &str,
        data: &Value,
    ) -> Result<(Vec<u8>, Vec<Option<WrittenBy>>), Error> {
        let Some(tree) = self.templates.get(name).cloned() else {
            return self.execute(name, data).map(|text| (text.as_bytes().to_vec(), Vec::new()));
        };
        let mut out = Marked::default();
        self.execute_tree(&tree, data, &mut out)?;
        let lines = out.lines();
        Ok((out.bytes, lines))
    }

    /// Executes a template into a buffer.
    fn execute_tree<O: Output>(&mut self, tree: &Arc<Tree>, data: &Value, out: &mut O) -> Result<(), Error> {
        let site = self.site.take();
        let dot = Evaluated::concrete(data.clone());
        let mut frame = Frame::new(tree, dot.clone());
        self.deeper(&frame)?;
        let walked = self.walk(&mut frame, &dot, &tree.root, out);
        self.depth -= 1;
        self.site = site;
        walked.map(drop)
    }

    pub(super) fn deeper(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        self.depth += 1;
        let most = self.options.limits.depth;
        if self.depth <= most {
            return Ok(());
        }
        self.depth -= 1;
        let message = format!("exceeded maximum template depth ({most})");
        Err(frame.limit(Limit::Depth, message))
    }

    /// Runs with other templates, for a function that brings its own, and goes back to these.
    pub fn with_templates<T>(&mut self, templates: Rc<Templates>, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.templates, templates);
        let result = run(self);
        self.templates = before;
        result
    }

    /// The templates that can be executed at this point.
    pub fn templates(&self) -> &Rc<Templates> {
        &self.templates
    }

    /// The functions on offer.
    pub fn functions(&self) -> &'e Functions {
        self.functions
    }

    /// The part of this type of the state that this execution was given, where it has one.
    pub fn state<T: Any>(&mut self) -> Option<&mut T> {
        self.state.part(TypeId::of::<T>())?.downcast_mut()
    }

    /// Where in which template the function is called that is running.
    pub fn position(&self) -> Option<Position> {
        self.site.as_ref().map(|(tree, at)| super::frame::position(tree, *at))
    }

    /// Counts bytes that a function is about to make.
    ///
    /// # Errors
    /// When the limit on output is reached: nothing should be made then.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Error> {
        self.written = self.written.saturating_add(bytes);
        let most = self.options.limits.output_bytes;
        if self.written <= most {
            return Ok(());
        }
        let message = format!("text exceeds the limit of {most} bytes");
        Err(Error::with_kind(ErrorKind::Limit(Limit::Output), message))
    }

    /// How many bytes may still be made.
    pub fn room(&self) -> usize {
        self.options.limits.output_bytes.saturating_sub(self.written)
    }

    /// `fmt.Sprint` within the limit on output, to which the text is counted.
    ///
    /// # Errors
    /// When the limit is reached, or a value holds itself.
    pub fn sprint(&mut self, values: &[Value]) -> Result<Str, Error> {
        self.print(|printer| printer.print(values))
    }

    /// `fmt.Sprintln`, likewise.
    ///
    /// # Errors
    /// As [`sprint`](Self::sprint).
    pub fn sprintln(&mut self, values: &[Value]) -> Result<Str, Error> {
        self.print(|printer| printer.println(values))
    }

    /// `fmt.Sprintf`, likewise.
    ///
    /// # Errors
    /// As [`sprint`](Self::sprint).
    pub fn sprintf(&mut self, format: &[u8], values: &[Value]) -> Result<Str, Error> {
        self.print(|printer| printer.printf(format, values))
    }

    fn print(&mut self, print: impl FnOnce(&mut Printer<'_>)) -> Result<Str, Error> {
        let text = fmt::within(self.room(), print)?;
        self.reserve(text.len())?;
        Ok(text)
    }

    /// Checks the length of a list that a function is about to make.
    ///
    /// # Errors
    /// When the limit on items is reached: nothing should be made then.
    pub fn allow_items(&self, items: usize) -> Result<(), Error> {
        let most = self.options.limits.items;
        if items <= most {
            return Ok(());
        }
        let message = format!("a list exceeds the limit of {most} items");
        Err(Error::with_kind(ErrorKind::Limit(Limit::Items), message))
    }

    /// Counts steps that a function is about to make: items of a list, rounds of a loop.
    ///
    /// # Errors
    /// When the limit on steps is reached.
    pub fn spend(&mut self, steps: u64) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(steps);
        let most = self.options.limits.steps;
        if self.steps <= most {
            return Ok(());
        }
        let message = format!("exceeded the limit of {most} steps");
        Err(Error::with_kind(ErrorKind::Limit(Limit::Steps), message))
    }
}
