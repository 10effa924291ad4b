//! Fields: keys of maps, fields of objects, methods.

use smol_str::SmolStr;

use super::context::{Context, MissingKey};
use super::frame::{Evaluated, Frame};
use crate::error::Error;
use crate::parse::node::Operand;
use crate::value::{Type, Value};
use oarlock_go::strconv::quote;

impl Context<'_> {
    /// `.X.Y.Z`, perhaps followed by arguments. The arguments are evaluated in `dot`.
    pub(super) fn fields<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        mut receiver: Evaluated,
        (operand, fields): (&'t Operand, &'t [SmolStr]),
        arguments: &'t [Operand],
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        let Some((final_field, path)) = fields.split_last() else { return Ok(receiver) };
        for field in path {
            receiver = self.field(frame, dot, (operand, field), &[], None, receiver)?;
        }
        self.field(frame, dot, (operand, final_field), arguments, last, receiver)
    }

    fn field<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        (operand, name): (&'t Operand, &'t str),
        arguments: &'t [Operand],
        last: Option<Evaluated>,
        receiver: Evaluated,
    ) -> Result<Evaluated, Error> {
        if let Value::Nil = receiver.value {
            return self.field_of_nil(frame, name, &receiver);
        }
        if let Some(method) = self.functions.method(&receiver.value, name) {
            return self.call_method(frame, dot, (method, receiver.value), operand.at(), arguments, last);
        }
        let has_arguments = arguments.len() > 1 || last.is_some();
        match &receiver.value {
            Value::Object(object) => {
                if let Some(value) = object.field(name) {
                    if has_arguments {
                        let message = format!("{name} has arguments but cannot be invoked as function");
                        return Err(frame.error(message));
                    }
                    let interface = matches!(value, Value::Nil);
                    return Ok(Evaluated { value, interface });
                }
            }
            Value::Map(map) => {
                if has_arguments {
                    return Err(frame.error(format!("{name} is not a method but has arguments")));
                }
                let element = map.map_type().element;
                let interface = matches!(element, Type::Any);
                return match (map.get(name), self.options.missing_key) {
                    (Some(value), _) => Ok(Evaluated { value, interface }),
                    (None, MissingKey::Invalid) => Ok(Evaluated::NONE),
                    (None, MissingKey::Zero) => Ok(Evaluated { value: Value::zero(element), interface }),
                    (None, MissingKey::Error) => {
                        Err(frame.error(format!("map has no entry for key {}", quote(name.as_bytes()))))
                    }
                };
            }
            _ => {}
        }
        Err(frame.error(format!("can't evaluate field {name} in type {}", receiver.type_name())))
    }

    /// A nil in an interface has no fields; of no value at all, every field is no value.
    fn field_of_nil(&self, frame: &Frame<'_>, name: &str, receiver: &Evaluated) -> Result<Evaluated, Error> {
        if receiver.interface {
            return Err(frame.error(format!("nil pointer evaluating interface {{}}.{name}")));
        }
        if self.options.missing_key == MissingKey::Error {
            return Err(frame.error(format!("nil data; no entry for key {}", quote(name.as_bytes()))));
        }
        Ok(Evaluated::NONE)
    }
}
