//! The printer: one value and one verb at a time.

use std::rc::Rc;

use super::over;
use crate::error::{Error, Limit};
use crate::value::{Object, Str, Type, Value};

/// How deep values may nest.
const MAX_DEPTH: usize = 500;

/// Flags of the verb at hand.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag character of its own")]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`.
    pub(super) plus_v: bool,
    /// `%#v`.
    pub(super) sharp_v: bool,
}

/// Prints into a buffer, up to a number of bytes.
pub(crate) struct Printer<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) flags: Flags,
    /// Length that the buffer may reach.
    end: usize,
    over: Option<Limit>,
    /// Printing a bad verb's value: methods are not asked.
    erroring: bool,
}

impl<'o> Printer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, max_bytes: usize) -> Self {
        let end = out.len().saturating_add(max_bytes);
        Self { out, flags: Flags::default(), end, over: None, erroring: false }
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        self.over.map_or(Ok(()), |limit| Err(over(limit)))
    }

    pub(super) fn write(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn print(&mut self, values: &[Value]) {
        let mut after_string = true;
        for (index, value) in values.iter().enumerate() {
            let string = matches!(value, Value::String(_));
            if index > 0 && !string && !after_string {
                self.write(" ");
            }
            self.argument(value, 'v');
            after_string = string;
        }
    }

    pub(crate) fn println(&mut self, values: &[Value]) {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.write(" ");
            }
            self.argument(value, 'v');
        }
        self.write("\n");
    }

    /// Prints an argument of the call.
    pub(super) fn argument(&mut self, value: &Value, verb: char) {
        match verb {
            'T' if !value_is_none(value) => self.padded(value.type_name().as_bytes(), true),
            'p' if !value_is_none(value) => self.bad_verb(value, verb),
            verb => self.value(value, verb, 0),
        }
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if self.over.is_some() {
            return;
        }
        if depth > MAX_DEPTH {
            self.over = Some(Limit::Depth);
        } else if self.out.len() > self.end {
            self.over = Some(Limit::Output);
        }
        match value {
            Value::Nil => self.nil(verb, depth),
            Value::Bool(boolean) if matches!(verb, 't' | 'v') => {
                self.pad(if *boolean { b"true" } else { b"false" });
            }
            Value::Int(_, int) => self.integer(value, int.unsigned_abs(), *int < 0, true, verb),
            Value::Uint(_, uint) => self.integer(value, *uint, false, false, verb),
            Value::Float(float) => self.float(value, *float, verb),
            Value::Complex(real, imaginary) => self.complex(value, *real, *imaginary, verb),
            Value::String(text) => self.string(value, text, verb),
            Value::Bytes(bytes) => self.bytes(value, bytes, verb),
            // Only errors can be wrapped; basic values say so each by themselves.
            Value::List(_) | Value::Map(_) | Value::Object(_) if verb == 'w' && !self.erroring => {
                self.bad_verb(value, verb);
            }
            Value::List(list) => {
                let of = list.list_type();
                self.collection(of.name, list.is_nil(), ("[", "]"), |printer| {
                    for (index, item) in list.iter().enumerate() {
                        printer.separator(index);
                        printer.value(item, verb, depth + 1);
                    }
                });
            }
            Value::Map(map) => {
                let of = map.map_type();
                self.collection(of.name, map.is_nil(), ("map[", "]"), |printer| {
                    for (index, (key, item)) in map.snapshot().into_iter().enumerate() {
                        printer.separator(index);
                        printer.value(&Value::String(key), verb, depth + 1);
                        printer.write(":");
                        printer.value(&item, verb, depth + 1);
                    }
                });
            }
            Value::Object(object) => self.object(value, object, verb, depth),
            Value::Bool(_) => self.bad_verb(value, verb),
        }
    }

    fn nil(&mut self, verb: char, depth: usize) {
        match verb {
            _ if depth > 0 && self.flags.sharp_v => self.write("interface {}(nil)"),
            _ if depth > 0 => self.write("<nil>"),
            'T' | 'v' => self.pad(b"<nil>"),
            verb => self.bad_verb(&Value::Nil, verb),
        }
    }

    /// Items between brackets; in Go syntax, with the type before and commas between.
    fn collection(&mut self, name: &str, nil: bool, brackets: (&str, &str), items: impl FnOnce(&mut Self)) {
        if !self.flags.sharp_v {
            self.write(brackets.0);
            items(self);
            return self.write(brackets.1);
        }
        self.write(name);
        if nil {
            return self.write("(nil)");
        }
        self.write("{");
        items(self);
        self.write("}");
    }

    pub(super) fn separator(&mut self, index: usize) {
        if index > 0 {
            self.write(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    fn object(&mut self, value: &Value, object: &Rc<dyn Object>, verb: char, depth: usize) {
        if !self.erroring
            && !self.flags.sharp_v
            && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
            && let Some(text) = object.display()
        {
            return self.string(value, &Str::from(text), verb);
        }
        if let Some(integer) = object.integer() {
            return self.integer(value, integer.unsigned_abs(), integer < 0, true, verb);
        }
        let mut name = object.object_type().name;
        if let Some(pointed) = name.strip_prefix('*') {
            match verb {
                // Go prints an address, which is another in each run.
                'v' | 'b' | 'o' | 'd' | 'x' | 'X' if depth > 0 => return self.write("0xc000000000"),
                verb if depth > 0 => return self.bad_verb(value, verb),
                _ => {}
            }
            self.write("&");
            name = pointed;
        }
        let named = self.flags.sharp_v || self.flags.plus_v;
        self.collection(name, false, ("{", "}"), |printer| {
            for (index, (field, item)) in object.fields().into_iter().enumerate() {
                printer.separator(index);
                if named {
                    printer.write(field);
                    printer.write(":");
                }
                printer.value(&item, verb, depth + 1);
            }
        });
    }

    /// `%!verb(type=value)`.
    pub(super) fn bad_verb(&mut self, value: &Value, verb: char) {
        let outer = std::mem::replace(&mut self.erroring, true);
        self.write("%!");
        self.write(verb.encode_utf8(&mut [0; 4]));
        self.write("(");
        if let Some(of) = value.go_type() {
            self.write(of.name());
            self.write("=");
            if outer && matches!(of, Type::Object(_)) {
                self.write("...");
            } else {
                self.value(value, 'v', 0);
            }
        } else {
            self.write("<nil>");
        }
        self.write(")");
        self.erroring = outer;
    }
}

fn value_is_none(value: &Value) -> bool {
    matches!(value, Value::Nil)
}
