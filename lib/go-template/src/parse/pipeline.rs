//! Pipelines, commands and their operands.

use std::borrow::Cow;

use smol_str::SmolStr;

use super::FileParser;
use super::node::{Command, Literal, Number, Operand, Pipe};
use crate::error::Error;
use crate::lex::{Kind, Token};
use oarlock_go::strconv::{quote, unquote};

impl FileParser<'_, '_> {
    /// `declarations? command ('|' command)*` up to a delimiter.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, Error> {
        let position = self.peek_non_space().position;
        let mut pipe =
            Pipe { at: self.at(position), assign: false, variables: Vec::new(), commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        let outer = self.commands.len();
        loop {
            let token = self.next_non_space();
            if token.kind == end {
                pipe.commands = self.commands.drain(outer..).collect();
                self.check_pipeline(&pipe, context)?;
                return Ok(pipe);
            }
            match token.kind {
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    self.commands.push(command);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
    }

    /// `$x :=`, `$x =`, and for range `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result<(), Error> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next();
            // Space is a token: in "$x foo" three tokens must be read to see that $x is an
            // argument.
            let after = self.peek();
            let next = self.peek_non_space();
            let comma = next.kind == Kind::Char && next.text == ",";
            if !comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                if after.kind == Kind::Space {
                    self.backup3(variable, after);
                } else {
                    self.backup2(variable);
                }
                return Ok(());
            }
            self.next_non_space();
            let name = SmolStr::new(variable.text);
            pipe.variables.push(name.clone());
            self.variables.push(name);
            if !comma {
                pipe.assign = next.kind == Kind::Assign;
                return Ok(());
            }
            if context != "range" || pipe.variables.len() >= 2 {
                return Err(self.error(format!("too many declarations in {context}")));
            }
            if !matches!(self.peek_non_space().kind, Kind::Variable | Kind::RightDelimiter | Kind::RightParen)
            {
                return Err(self.error("range can only initialize variables"));
            }
        }
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<(), Error> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        // With A|B|C, stage 2 is B.
        match pipe.commands.iter().skip(1).position(|command| command.arguments[0].is_constant()) {
            Some(index) => Err(self.error(format!("non executable command in pipeline stage {}", index + 2))),
            None => Ok(()),
        }
    }

    /// Operands with space between them, up to a pipe, which is consumed, or a closing delimiter,
    /// which is not.
    fn command(&mut self) -> Result<Command, Error> {
        let position = self.peek_non_space().position;
        let at = self.at(position);
        let outer = self.operands.len();
        loop {
            self.peek_non_space();
            let operand = self.operand()?;
            self.operands.extend(operand);
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelimiter | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        let arguments: Vec<Operand> = self.operands.drain(outer..).collect();
        if arguments.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(Command { at, arguments })
    }

    /// A term and the fields that follow it.
    fn operand(&mut self) -> Result<Option<Operand>, Error> {
        // As with other parts, lists are cut from the end of one that is kept.
        let outer = self.fields.len();
        let Some(mut operand) = self.term()? else { return Ok(None) };
        let first = self.peek();
        let has_more = first.kind == Kind::Field;
        while self.peek().kind == Kind::Field {
            let field = field_name(self.next().text);
            self.fields.push(field);
        }
        let all: Vec<SmolStr> = self.fields.drain(outer..).collect();
        if !has_more {
            if let Operand::Field { fields, .. } = &mut operand {
                *fields = all;
            }
            return Ok(Some(operand));
        }
        let place = self.at(first.position);
        match &mut operand {
            Operand::Field { at, fields } | Operand::Variable { at, fields, .. } => {
                *at = place;
                *fields = all;
            }
            constant if constant.is_constant() => {
                let text = quote(constant.to_string().as_bytes());
                return Err(self.error(format!("unexpected . after term {text}")));
            }
            _ => operand = Operand::Chain { at: place, operand: Box::new(operand), fields: all },
        }
        Ok(Some(operand))
    }

    /// A constant, a name, a field, a variable, or a pipeline in parentheses; none, if it is none
    /// of these. The name of a field is put last of the fields so far, for the operand.
    fn term(&mut self) -> Result<Option<Operand>, Error> {
        let token = self.next_non_space();
        let at = self.at(token.position);
        Ok(Some(match token.kind {
            Kind::Identifier => {
                let function = self.functions.id_of(token.text).ok_or_else(|| {
                    self.error(format!("function {} not defined", quote(token.text.as_bytes())))
                })?;
                Operand::Identifier { at, name: token.text.into(), function }
            }
            Kind::Dot => Operand::Dot(at),
            Kind::Nil => Operand::Nil(at),
            Kind::Variable => {
                if !self.variables.iter().any(|known| known == token.text) {
                    let name = quote(token.text.as_bytes());
                    return Err(self.error(format!("undefined variable {name}")));
                }
                let name = SmolStr::new(token.text);
                if !self.variables[self.before..].contains(&name) && !self.uses.contains(&name) {
                    self.uses.push(name.clone());
                }
                Operand::Variable { at, name, fields: Vec::new() }
            }
            Kind::Field => {
                self.fields.push(field_name(token.text));
                Operand::Field { at, fields: Vec::new() }
            }
            Kind::Bool => Operand::Bool(at, token.text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = number(token).map_err(|message| self.error(message))?;
                Operand::Number(at, Box::new(number))
            }
            Kind::LeftParen => {
                self.nest()?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.nesting -= 1;
                Operand::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => {
                let text = unquote(token.text).ok_or_else(|| self.error("invalid syntax"))?;
                let written = match &text {
                    // Nearly all are the text between their quotes, which is not kept twice.
                    Cow::Borrowed(_) => Literal::Between(token.text.chars().next().unwrap_or('"')),
                    Cow::Owned(_) => Literal::As(token.text.into()),
                };
                Operand::String { at, written, text: text.into() }
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }
}

fn number(token: Token<'_>) -> Result<Number, String> {
    match token.kind {
        Kind::CharConstant => Number::from_char(token.text),
        Kind::Complex => Number::from_complex(token.text),
        _ => Number::from_text(token.text),
    }
}

/// Without its leading dot.
fn field_name(text: &str) -> SmolStr {
    text.strip_prefix('.').unwrap_or(text).into()
}
