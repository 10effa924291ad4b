//! Walking the nodes: text, actions, control structures.

use super::context::Context;
use super::frame::{Evaluated, Frame};
use super::output::Output;
use crate::error::{Error, Limit};
use crate::fmt;
use crate::parse::node::{At, Branch, Node, Pipe, Placed};
use crate::value::{Type, Value};

/// How a list of nodes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl Context<'_> {
    pub(super) fn walk<'t, O: Output>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        nodes: &'t [Node],
        out: &mut O,
    ) -> Result<Flow, Error> {
        for node in nodes {
            let flow = match node {
                Node::Text { at, start, end } => {
                    frame.look(*at);
                    out.mark(frame.tree, *start, true);
                    self.write(frame, out, &frame.tree.text.as_bytes()[*start..*end])?;
                    Flow::Next
                }
                Node::Action { at, pipe } => {
                    self.action(frame, dot, *at, pipe, out)?;
                    Flow::Next
                }
                Node::If(branch) => self.walk_if_or_with(frame, dot, branch, false, out)?,
                Node::With(branch) => self.walk_if_or_with(frame, dot, branch, true, out)?,
                Node::Range(branch) => self.walk_range(frame, dot, branch, out)?,
                Node::Template { at, name, pipe } => {
                    frame.look(*at);
                    self.walk_template(frame, dot, name, pipe.as_ref(), out)?;
                    Flow::Next
                }
                Node::Break { .. } => Flow::Break,
                Node::Continue { .. } => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn write<O: Output>(&mut self, frame: &Frame<'_>, out: &mut O, text: &[u8]) -> Result<(), Error> {
        self.reserve(text.len()).map_err(|error| frame.limit(Limit::Output, error.message()))?;
        out.bytes().extend_from_slice(text);
        self.step(frame)
    }

    pub(super) fn step(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        self.spend(1).map_err(|error| frame.limit(Limit::Steps, error.message()))
    }

    fn action<'t, O: Output>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        at: At,
        placed: &'t Placed,
        out: &mut O,
    ) -> Result<(), Error> {
        frame.look(at);
        let value = self.action_pipeline(frame, dot, placed)?;
        if !placed.pipe.variables.is_empty() {
            return Ok(());
        }
        frame.look(at);
        out.mark(frame.tree, at.position as usize, false);
        let out = out.bytes();
        let before = out.len();
        match &value.value {
            Value::Nil => out.extend_from_slice(b"<no value>"),
            value => fmt::append(out, value, self.room()).map_err(|error| frame.wrap("", error))?,
        }
        self.reserve(out.len() - before).map_err(|error| frame.limit(Limit::Output, error.message()))
    }

    fn walk_if_or_with<'t, O: Output>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        branch: &'t Branch,
        with: bool,
        out: &mut O,
    ) -> Result<Flow, Error> {
        let mark = frame.mark();
        frame.look(branch.at);
        let value = self.action_pipeline(frame, dot, &branch.pipe)?;
        let flow = if value.value.is_true() {
            self.walk(frame, if with { &value } else { dot }, &branch.list, out)?
        } else if let Some(otherwise) = &branch.otherwise {
            self.walk(frame, dot, otherwise, out)?
        } else {
            Flow::Next
        };
        frame.pop(mark);
        Ok(flow)
    }

    fn walk_range<'t, O: Output>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        branch: &'t Branch,
        out: &mut O,
    ) -> Result<Flow, Error> {
        let mark = frame.mark();
        frame.look(branch.at);
        let over = self.action_pipeline(frame, dot, &branch.pipe)?.value;
        let mut rounds = Rounds { frame, branch, out, any: false };
        match &over {
            Value::Int(of, count) => {
                rounds.check_variables(&over)?;
                for number in 0..*count {
                    let number = Evaluated::concrete(Value::Int(*of, number));
                    if rounds.round(self, Evaluated::NONE, &number)? {
                        break;
                    }
                }
            }
            Value::Uint(of, count) => {
                rounds.check_variables(&over)?;
                for number in 0..*count {
                    let number = Evaluated::concrete(Value::Uint(*of, number));
                    if rounds.round(self, Evaluated::NONE, &number)? {
                        break;
                    }
                }
            }
            Value::List(list) => {
                let interface = matches!(list.list_type().element, Type::Any);
                for (index, item) in list.iter().enumerate() {
                    let index = Value::int(i64::try_from(index).unwrap_or(i64::MAX));
                    let item = Evaluated { value: item.clone(), interface };
                    if rounds.round(self, Evaluated::concrete(index), &item)? {
                        break;
                    }
                }
            }
            Value::Bytes(bytes) => {
                for (index, byte) in bytes.iter().enumerate() {
                    let index = Value::int(i64::try_from(index).unwrap_or(i64::MAX));
                    let byte = Value::Uint(crate::value::UintType::Uint8, (*byte).into());
                    if rounds.round(self, Evaluated::concrete(index), &Evaluated::concrete(byte))? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                let interface = matches!(map.map_type().element, Type::Any);
                // The body may change the map.
                for (key, value) in map.snapshot() {
                    let key = Evaluated::concrete(Value::String(key));
                    if rounds.round(self, key, &Evaluated { value, interface })? {
                        break;
                    }
                }
            }
            Value::Nil => {}
            other => {
                let text = fmt::sprint(std::slice::from_ref(other))?;
                return Err(rounds.frame.error(format!("range can't iterate over {text}")));
            }
        }
        let any = rounds.any;
        let flow = match &branch.otherwise {
            Some(otherwise) if !any => self.walk(frame, dot, otherwise, out)?,
            _ => Flow::Next,
        };
        frame.pop(mark);
        Ok(flow)
    }

    fn walk_template<'t, O: Output>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        name: &str,
        pipe: Option<&'t Placed>,
        out: &mut O,
    ) -> Result<(), Error> {
        let Some(tree) = self.templates.get(name).cloned() else {
            return Err(frame.error(format!("template {} not defined", fmt::quote(name.as_bytes()))));
        };
        self.deeper(frame)?;
        let dot = match pipe {
            Some(pipe) => self.action_pipeline(frame, dot, pipe)?,
            None => Evaluated::NONE,
        };
        let mut inner = Frame::new(&tree, dot.clone());
        self.walk(&mut inner, &dot, &tree.root, out)?;
        self.depth -= 1;
        Ok(())
    }
}

/// A loop that is going on.
struct Rounds<'r, 't, O> {
    frame: &'r mut Frame<'t>,
    branch: &'t Branch,
    out: &'r mut O,
    any: bool,
}

impl<O: Output> Rounds<'_, '_, O> {
    fn check_variables(&self, over: &Value) -> Result<(), Error> {
        if self.branch.pipe.pipe.variables.len() < 2 {
            return Ok(());
        }
        let text = fmt::sprint(std::slice::from_ref(over))?;
        Err(self.frame.error(format!("can't use {text} to iterate over more than one variable")))
    }

    /// One round; tells whether it was the last.
    fn round(&mut self, cx: &mut Context<'_>, index: Evaluated, item: &Evaluated) -> Result<bool, Error> {
        self.any = true;
        cx.step(self.frame)?;
        let Pipe { variables, assign, .. } = &*self.branch.pipe.pipe;
        match (variables.as_slice(), assign) {
            ([], _) => {}
            ([value], true) => self.frame.set(value, item.clone())?,
            ([key, value, ..], true) => {
                self.frame.set(key, index)?;
                self.frame.set(value, item.clone())?;
            }
            (variables, false) => {
                self.frame.set_top(1, item.clone());
                if variables.len() > 1 {
                    self.frame.set_top(2, index);
                }
            }
        }
        let mark = self.frame.mark();
        let flow = cx.walk(self.frame, item, &self.branch.list, self.out)?;
        self.frame.pop(mark);
        Ok(flow == Flow::Break)
    }
}
