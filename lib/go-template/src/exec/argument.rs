//! Arguments: evaluated, and made to fit the type of the parameter, or refused in Go's words.

use super::context::Context;
use super::eval::constant;
use super::frame::{Evaluated, Frame};
use crate::error::Error;
use crate::parse::node::{Number, Operand};
use crate::value::{Type, Value};

impl Context<'_> {
    /// An argument for a parameter of a type.
    pub(super) fn argument<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        of: Type,
        operand: &'t Operand,
    ) -> Result<Value, Error> {
        frame.look_within(operand.at());
        match operand {
            Operand::Nil(_) if of.can_be_nil() => Ok(Value::zero(of)),
            Operand::Nil(_) => Err(frame.error(format!("cannot assign nil to {}", of.name()))),
            Operand::Bool(..) | Operand::Number(..) | Operand::String { .. } => {
                literal(frame, dot, of, operand)
            }
            operand => {
                let value = self.any_argument(frame, dot, operand)?;
                fit(frame, value, of)
            }
        }
    }

    /// An argument for a parameter that takes whatever there is, no value included.
    pub(super) fn any_argument<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        operand: &'t Operand,
    ) -> Result<Evaluated, Error> {
        frame.look_within(operand.at());
        match operand {
            Operand::Dot(_) => Ok(dot.clone()),
            Operand::Nil(_) => Ok(Evaluated::NONE),
            Operand::Field { .. } | Operand::Variable { .. } | Operand::Chain { .. } => {
                self.field_operand(frame, dot, operand, &[], None)
            }
            Operand::Pipe(pipe) => self.pipeline(frame, dot, pipe),
            Operand::Identifier { at, name, function } => {
                self.call(frame, dot, (*function, name), *at, &[], None)
            }
            Operand::Bool(..) | Operand::Number(..) | Operand::String { .. } => constant(frame, dot, operand),
        }
    }
}

/// A constant for a parameter of a type.
fn literal(frame: &mut Frame<'_>, dot: &Evaluated, of: Type, operand: &Operand) -> Result<Value, Error> {
    let found = match (of, operand) {
        (Type::Any, _) => return constant(frame, dot, operand).map(|found| found.value),
        (Type::Bool, Operand::Bool(_, value)) => return Ok(Value::Bool(*value)),
        (Type::String, Operand::String { text, .. }) => return Ok(Value::String(text.clone())),
        (_, Operand::Number(_, number)) => number_of(of, number),
        _ => None,
    };
    found.ok_or_else(|| match expected(of) {
        Some(expected) => frame.error(format!("expected {expected}; found {operand}")),
        None => frame.error(format!("can't handle {operand} for arg of type {}", of.name())),
    })
}

fn number_of(of: Type, number: &Number) -> Option<Value> {
    match of {
        Type::Int(of) => number.int.map(|int| Value::Int(of, int)),
        Type::Uint(of) => number.uint.map(|uint| Value::Uint(of, uint)),
        Type::Float64 => number.float.map(Value::Float),
        Type::Complex128 => number.complex.map(|(real, imaginary)| Value::Complex(real, imaginary)),
        _ => None,
    }
}

fn expected(of: Type) -> Option<&'static str> {
    Some(match of {
        Type::Bool => "bool",
        Type::String => "string",
        Type::Int(_) => "integer",
        Type::Uint(_) => "unsigned integer",
        Type::Float64 => "float",
        Type::Complex128 => "complex",
        _ => return None,
    })
}

/// Guarantees that the value goes where the type is wanted.
pub(super) fn fit(frame: &Frame<'_>, found: Evaluated, of: Type) -> Result<Value, Error> {
    if found.is_none() {
        if of.can_be_nil() {
            return Ok(Value::zero(of));
        }
        return Err(frame.error(format!("invalid value; expected {}", of.name())));
    }
    match found.value.go_type() {
        _ if matches!(of, Type::Any) => Ok(copied(found.value)),
        Some(have) if have.is_assignable_to(of) => Ok(copied(found.value)),
        have => {
            let (want, have) = (of.name(), have.map_or("interface {}", Type::name));
            Err(frame.error(format!("wrong type for value; expected {want}; got {have}")))
        }
    }
}

/// The value as the function gets it.
fn copied(value: Value) -> Value {
    match &value {
        Value::Object(object) => object.copied().unwrap_or(value),
        _ => value,
    }
}
