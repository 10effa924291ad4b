//! Calls: functions, built-ins and methods, with arguments checked and errors wrapped.

use std::sync::Arc;

use super::argument::fit;
use super::builtin::{Arguments, Builtin, Callee};
use super::context::Context;
use super::frame::{Evaluated, Frame};
use super::function::Function;
use crate::error::Error;
use crate::parse::FunctionId;
use crate::parse::node::{At, Operand};
use crate::value::{Type, Value};
use oarlock_go::strconv::quote;

impl Context<'_> {
    /// Calls a function by name. `arguments` starts with the function itself, or is empty.
    pub(super) fn call<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        (function, name): (FunctionId, &str),
        at: At,
        arguments: &'t [Operand],
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        let arguments = arguments.get(1..).unwrap_or_default();
        match self.functions.callee(function) {
            Some(Callee::Builtin(builtin)) => {
                self.call_builtin(frame, dot, (builtin, name), at, arguments, last)
            }
            Some(Callee::Function(function)) => {
                self.call_function(frame, dot, (function, None), at, arguments, last)
            }
            None => Err(frame.error(format!("function {} not defined", quote(name.as_bytes())))),
        }
    }

    pub(super) fn call_method<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        (method, receiver): (&'static Function, Value),
        at: At,
        arguments: &'t [Operand],
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        let arguments = arguments.get(1..).unwrap_or_default();
        self.call_function(frame, dot, (method, Some(receiver)), at, arguments, last)
    }

    fn call_function<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        (function, receiver): (&'static Function, Option<Value>),
        at: At,
        arguments: &'t [Operand],
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        let Function { name, params, variadic, run } = *function;
        let fixed = if variadic { params.len() - 1 } else { params.len() };
        check_count(frame, name, (fixed, variadic), arguments.len(), last.is_some())?;
        // Parameters beyond the last are the variadic one's.
        let of = |index: usize| params[index.min(params.len() - 1)];
        let mut values = Vec::with_capacity(arguments.len() + 2);
        values.extend(receiver);
        for (index, argument) in arguments.iter().enumerate() {
            values.push(self.argument(frame, dot, of(index), argument)?);
        }
        if let Some(last) = last {
            values.push(fit(frame, last, of(arguments.len()))?);
        }
        let outer = self.site.replace((Arc::clone(frame.tree), frame.place_of(at)));
        let result = run(self, &values);
        self.site = outer;
        match result {
            Ok(value) => Ok(Evaluated { interface: matches!(value, Value::Nil), value }),
            Err(error) => {
                frame.look_within(at);
                Err(frame.wrap(&format!("error calling {name}: "), error))
            }
        }
    }

    fn call_builtin<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        (builtin, name): (Builtin, &str),
        at: At,
        arguments: &'t [Operand],
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        let (fixed, variadic) = builtin.arity();
        check_count(frame, name, (fixed, variadic), arguments.len(), last.is_some())?;
        if matches!(builtin, Builtin::And | Builtin::Or) {
            return self.and_or(frame, dot, builtin == Builtin::Or, arguments, last);
        }
        let mut values = Vec::with_capacity(arguments.len() + 1);
        for (index, argument) in arguments.iter().enumerate() {
            let value = match builtin.parameter(index) {
                Some(of) => Evaluated::concrete(self.argument(frame, dot, of, argument)?),
                None => self.any_argument(frame, dot, argument)?,
            };
            values.push(value);
        }
        if let Some(last) = last {
            values.push(match builtin.parameter(arguments.len()) {
                Some(of) => Evaluated::concrete(fit(frame, last, of)?),
                None => last,
            });
        }
        // What `call` calls the function that it was asked to call: as it is written, or what came
        // through the pipe, as reflection shows it.
        let callee = (builtin == Builtin::Call).then(|| match (arguments.first(), values.first()) {
            (Some(written), _) => written.to_string(),
            (None, Some(Evaluated { value: Value::String(text), .. })) => text.to_string(),
            (None, piped) => format!("<{} Value>", piped.map_or("<nil>", |piped| piped.value.type_name())),
        });
        builtin.run(self, &Arguments { values: &values, callee: callee.as_deref() }).map_err(|error| {
            frame.look_within(at);
            frame.wrap(&format!("error calling {name}: "), error)
        })
    }

    /// `and` and `or` stop at the first argument that decides.
    fn and_or<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Evaluated,
        or: bool,
        arguments: &'t [Operand],
        last: Option<Evaluated>,
    ) -> Result<Evaluated, Error> {
        let mut value = Evaluated::NONE;
        for argument in arguments {
            value = self.any_argument(frame, dot, argument)?;
            if value.value.is_true() == or {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }
}

fn check_count(
    frame: &Frame<'_>,
    name: &str,
    (fixed, variadic): (usize, bool),
    arguments: usize,
    has_last: bool,
) -> Result<(), Error> {
    let count = arguments + usize::from(has_last);
    if variadic && count < fixed {
        // Go counts what is written behind the name here, and everything below.
        let message = format!("wrong number of args for {name}: want at least {fixed} got {arguments}");
        return Err(frame.error(message));
    }
    if !variadic && count != fixed {
        return Err(frame.error(format!("wrong number of args for {name}: want {fixed} got {count}")));
    }
    Ok(())
}

/// The parameter of a built-in that takes a value of a type, for [`Builtin::parameter`].
pub(super) const ANY: Option<Type> = Some(Type::Any);
