//! Evaluating pipelines and commands.

use super::context::Context;
use super::frame::{Evaluated, Frame};
use crate::error::Error;
use crate::parse::node::{Command, Number, Operand, Pipe, Placed};
use crate::value::Value;

impl Context<'_> {
    /// The value of an action's pipeline, which its variables are set to.
    pub(super) fn action_pipeline<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        placed: &'t Placed,
    ) -> Result<Evaluated, Error> {
        frame.enter(placed.base);
        self.pipeline(frame, dot, &placed.pipe)
    }

    /// The value of a pipeline, which its variables are set to.
    pub(super) fn pipeline<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        pipe: &'t Pipe,
    ) -> Result<Evaluated, Error> {
        frame.look_within(pipe.at);
        let mut value = None;
        for command in &pipe.commands {
            let mut result = self.command(frame, dot, command, value)?;
            // The thing inside of an interface: a nil in it becomes no value.
            result.interface = false;
            value = Some(result);
        }
        let value = value.unwrap_or_default();
        for variable in &pipe.variables {
            if pipe.assign {
                frame.set(variable, value.clone())?;
            } else {
                frame.push(variable, value.clone());
            }
        }
        Ok(value)
    }

    fn command<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        command: &'t Command,
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        self.step(frame)?;
        let arguments = &command.arguments;
        let first = &arguments[0];
        match first {
            Operand::Field { .. } | Operand::Variable { .. } | Operand::Chain { .. } => {
                return self.field_operand(frame, dot, first, arguments, last);
            }
            Operand::Identifier { at, name, function } => {
                frame.look_within(*at);
                return self.call(frame, dot, (*function, name), command.at, arguments, last);
            }
            Operand::Pipe(pipe) => {
                not_a_function(frame, arguments, last.as_ref())?;
                return self.pipeline(frame, dot, pipe);
            }
            _ => {}
        }
        frame.look_within(first.at());
        not_a_function(frame, arguments, last.as_ref())?;
        match first {
            Operand::Nil(_) => Err(frame.error("nil is not a command")),
            operand => constant(frame, dot, operand),
        }
    }

    /// A field, variable or chain, the last field of which may be a method that takes the
    /// arguments.
    pub(super) fn field_operand<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        operand: &'t Operand,
        arguments: &'t [Operand],
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        frame.look_within(operand.at());
        match operand {
            Operand::Field { fields, .. } => {
                self.fields(frame, dot, dot.clone(), (operand, fields), arguments, last)
            }
            Operand::Variable { name, fields, .. } => {
                let value = frame.get(name)?.clone();
                if fields.is_empty() {
                    not_a_function(frame, arguments, last.as_ref())?;
                    return Ok(value);
                }
                self.fields(frame, dot, value, (operand, fields), arguments, last)
            }
            Operand::Chain { operand: inner, fields, .. } => {
                if let Operand::Nil(_) = **inner {
                    return Err(frame.error(format!("indirection through explicit nil in {operand}")));
                }
                let value = self.any_argument(frame, dot, inner)?;
                self.fields(frame, dot, value, (operand, fields), arguments, last)
            }
            other => constant(frame, dot, other),
        }
    }
}

/// A dot or a constant whose type nobody asks for.
pub(super) fn constant(
    frame: &mut Frame<'_>,
    dot: &Evaluated,
    operand: &Operand,
) -> Result<Evaluated, Error> {
    frame.look_within(operand.at());
    Ok(match operand {
        Operand::Dot(_) => dot.clone(),
        Operand::Bool(_, value) => Evaluated::concrete(Value::Bool(*value)),
        Operand::Number(_, number) => Evaluated::concrete(ideal(frame, number)?),
        Operand::String { text, .. } => Evaluated::concrete(Value::String(text.clone())),
        other => return Err(frame.error(format!("can't evaluate command \"{other}\""))),
    })
}

/// A number whose kind nobody asks for: its text decides.
fn ideal(frame: &Frame<'_>, number: &Number) -> Result<Value, Error> {
    let text = &number.text;
    let hex = text.len() > 2
        && text.as_bytes()[0] == b'0'
        && matches!(text.as_bytes()[1], b'x' | b'X')
        && !text.contains(['p', 'P']);
    if let Some((real, imaginary)) = number.complex {
        return Ok(Value::Complex(real, imaginary));
    }
    match number.float {
        Some(float) if !hex && !text.starts_with('\'') && text.contains(['.', 'e', 'E', 'p', 'P']) => {
            Ok(Value::Float(float))
        }
        _ => match number.int {
            Some(int) => Ok(Value::int(int)),
            None => Err(frame.error(format!("{text} overflows int"))),
        },
    }
}

fn not_a_function(frame: &Frame<'_>, arguments: &[Operand], last: Option<&Evaluated>) -> Result<(), Error> {
    if arguments.len() <= 1 && last.is_none() {
        return Ok(());
    }
    let first = arguments.first().map(ToString::to_string).unwrap_or_default();
    Err(frame.error(format!("can't give argument to non-function {first}")))
}
