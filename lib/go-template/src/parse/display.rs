//! Nodes as text again, in the form that Go's messages quote.

use std::fmt::{self, Display, Formatter};

use super::node::{At, Branch, Command, Literal, Node, Operand, Pipe, Placed};
use oarlock_go::strconv::quote;

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, variable) in self.variables.iter().enumerate() {
            write!(f, "{}{variable}", if index > 0 { ", " } else { "" })?;
        }
        if !self.variables.is_empty() {
            f.write_str(if self.assign { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if index > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, argument) in self.arguments.iter().enumerate() {
            let space = if index > 0 { " " } else { "" };
            match argument {
                Operand::Pipe(pipe) => write!(f, "{space}({pipe})")?,
                argument => write!(f, "{space}{argument}")?,
            }
        }
        Ok(())
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dot(_) => f.write_str("."),
            Self::Nil(_) => f.write_str("nil"),
            Self::Bool(_, value) => write!(f, "{value}"),
            Self::Number(_, number) => f.write_str(&number.text),
            Self::String { written: Literal::As(written), .. } => f.write_str(written),
            Self::String { written: Literal::Between(quote), text, .. } => {
                write!(f, "{quote}{}{quote}", text.to_text())
            }
            Self::Field { fields, .. } => write_fields(f, fields),
            Self::Variable { name, fields, .. } => {
                f.write_str(name)?;
                write_fields(f, fields)
            }
            Self::Chain { operand, fields, .. } => {
                match &**operand {
                    Self::Pipe(pipe) => write!(f, "({pipe})")?,
                    operand => write!(f, "{operand}")?,
                }
                write_fields(f, fields)
            }
            Self::Identifier { name, .. } => f.write_str(name),
            Self::Pipe(pipe) => pipe.fmt(f),
        }
    }
}

fn write_fields(f: &mut Formatter<'_>, fields: &[impl Display]) -> fmt::Result {
    fields.iter().try_for_each(|field| write!(f, ".{field}"))
}

/// The text of the node with this number, wherever it is in the list.
pub(crate) fn text_of(nodes: &[Node], at: At) -> Option<String> {
    nodes.iter().find_map(|node| in_node(node, at))
}

fn in_node(node: &Node, wanted: At) -> Option<String> {
    match node {
        Node::Text { .. } => None,
        Node::Action { at, pipe } if *at == wanted => Some(format!("{{{{{}}}}}", pipe.pipe)),
        Node::Action { pipe, .. } => in_placed(pipe, wanted),
        Node::Break { at } => (*at == wanted).then(|| "{{break}}".to_owned()),
        Node::Continue { at } => (*at == wanted).then(|| "{{continue}}".to_owned()),
        Node::Template { at, name, pipe } if *at == wanted => {
            let pipe = pipe.as_ref().map(|placed| format!(" {}", placed.pipe)).unwrap_or_default();
            Some(format!("{{{{template {}{pipe}}}}}", quote(name.as_bytes())))
        }
        Node::Template { pipe, .. } => in_placed(pipe.as_ref()?, wanted),
        Node::If(branch) | Node::With(branch) | Node::Range(branch) => in_branch(branch, wanted),
    }
}

/// A branch's own text is never quoted: its pipeline is looked at before anything can fail.
fn in_branch(branch: &Branch, at: At) -> Option<String> {
    in_placed(&branch.pipe, at)
        .or_else(|| text_of(&branch.list, at))
        .or_else(|| text_of(branch.otherwise.as_deref()?, at))
}

fn in_placed(placed: &Placed, at: At) -> Option<String> {
    in_pipe(&placed.pipe, at.since(placed.base)?)
}

fn in_pipe(pipe: &Pipe, at: At) -> Option<String> {
    if pipe.at == at {
        return Some(pipe.to_string());
    }
    pipe.commands.iter().find_map(|command| {
        if command.at == at {
            return Some(command.to_string());
        }
        command.arguments.iter().find_map(|argument| in_operand(argument, at))
    })
}

fn in_operand(operand: &Operand, at: At) -> Option<String> {
    match operand {
        Operand::Pipe(pipe) => in_pipe(pipe, at),
        operand if operand.at() == at => Some(operand.to_string()),
        Operand::Chain { operand, .. } => in_operand(operand, at),
        _ => None,
    }
}
