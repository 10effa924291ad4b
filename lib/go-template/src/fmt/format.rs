//! `Printf`'s format strings: flags, widths, precisions, argument indexes.

use super::printer::{Flags, Printer};
use crate::value::Value;

/// Widths and precisions beyond this are taken for nonsense.
const TOO_LARGE: i64 = 1_000_000;
const TOO_LONG: usize = 1_000_000;

/// Reading of one format string.
struct Format<'f> {
    text: &'f [u8],
    at: usize,
    values: &'f [Value],
    /// Which value is next.
    next: usize,
    /// Whether an index like `[3]` has been used anywhere.
    reordered: bool,
    /// Whether the verb's indexes made sense.
    good: bool,
    /// Whether what was read last is an index.
    after_index: bool,
}

impl Printer<'_> {
    pub(crate) fn printf(&mut self, format: &[u8], values: &[Value]) {
        let mut format =
            Format { text: format, at: 0, values, next: 0, reordered: false, good: true, after_index: false };
        while format.at < format.text.len() {
            let rest = &format.text[format.at..];
            let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
            self.out.extend_from_slice(&rest[..plain]);
            format.at += plain;
            if format.at < format.text.len() {
                format.at += 1;
                self.directive(&mut format);
            }
        }
        if !format.reordered && format.next < values.len() {
            self.extra(&values[format.next..]);
        }
    }

    /// One directive; the percent sign is past.
    fn directive(&mut self, format: &mut Format<'_>) {
        self.flags = Flags::default();
        format.good = true;
        format.after_index = false;
        while let Some(byte) = format.text.get(format.at) {
            match byte {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            format.at += 1;
        }
        format.index();
        self.width(format);
        // A point at the very end is taken for a verb.
        if format.peek() == Some(b'.') && format.at + 1 < format.text.len() {
            format.at += 1;
            self.precision(format);
        }
        if !format.after_index {
            format.index();
        }
        let Some(verb) = format.verb() else {
            return self.write("%!(NOVERB)");
        };
        if verb == '%' {
            self.write("%");
        } else if !format.good {
            self.mistake(verb, "(BADINDEX)");
        } else if let Some(value) = format.values.get(format.next) {
            if matches!(verb, 'v' | 'w') {
                self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
                self.flags.plus_v = std::mem::take(&mut self.flags.plus);
            }
            self.argument(value, verb);
            format.next += 1;
        } else {
            self.mistake(verb, "(MISSING)");
        }
    }

    fn mistake(&mut self, verb: char, what: &str) {
        self.write("%!");
        self.write(verb.encode_utf8(&mut [0; 4]));
        self.write(what);
    }

    fn width(&mut self, format: &mut Format<'_>) {
        if format.peek() != Some(b'*') {
            self.flags.width = format.number();
            if format.after_index && self.flags.width.is_some() {
                // "%[3]2d".
                format.good = false;
            }
            return;
        }
        format.at += 1;
        match format.integer_value() {
            None => self.write("%!(BADWIDTH)"),
            Some(width) => {
                self.flags.width = Some(usize::try_from(width.unsigned_abs()).unwrap_or(0));
                if width < 0 {
                    self.flags.minus = true;
                    self.flags.zero = false;
                }
            }
        }
        format.after_index = false;
    }

    fn precision(&mut self, format: &mut Format<'_>) {
        if format.after_index {
            // "%[3].2d".
            format.good = false;
        }
        format.index();
        if format.peek() != Some(b'*') {
            self.flags.precision = Some(format.number().unwrap_or(0));
            return;
        }
        format.at += 1;
        self.flags.precision = format.integer_value().and_then(|precision| usize::try_from(precision).ok());
        if self.flags.precision.is_none() {
            self.write("%!(BADPREC)");
        }
        format.after_index = false;
    }

    fn extra(&mut self, values: &[Value]) {
        self.flags = Flags::default();
        self.write("%!(EXTRA ");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.write(", ");
            }
            if !matches!(value, Value::Nil) {
                self.write(value.type_name());
                self.write("=");
            }
            self.argument(value, 'v');
        }
        self.write(")");
    }
}

impl Format<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// A decimal number; none if there is none, or a silly one, after which nothing is read any
    /// more.
    fn number(&mut self) -> Option<usize> {
        let (number, end) = parse_number(self.text, self.at, self.text.len());
        self.at = end;
        number
    }

    /// An index such as `[3]`.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.text[self.at..];
        let Some(close) = rest.iter().position(|byte| *byte == b']').filter(|_| rest.len() >= 3) else {
            self.at += 1;
            self.good = false;
            return;
        };
        let (number, end) = parse_number(rest, 1, close);
        let index = number.filter(|_| end == close);
        self.at += close + 1;
        self.after_index = index.is_some();
        match index.and_then(|index| index.checked_sub(1)).filter(|index| *index < self.values.len()) {
            Some(index) => self.next = index,
            None => self.good = false,
        }
    }

    /// The next value as a width or precision.
    fn integer_value(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        let number = match value {
            Value::Int(_, int) => Some(*int),
            Value::Uint(_, uint) => i64::try_from(*uint).ok(),
            _ => None,
        };
        number.filter(|number| (-TOO_LARGE..=TOO_LARGE).contains(number))
    }

    fn verb(&mut self) -> Option<char> {
        // No character is longer than this.
        let end = self.text.len().min(self.at + 4);
        let chunk = self.text.get(self.at..end)?.utf8_chunks().next()?;
        let verb = chunk.valid().chars().next();
        self.at += verb.map_or(1, char::len_utf8);
        Some(verb.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

fn parse_number(text: &[u8], start: usize, end: usize) -> (Option<usize>, usize) {
    if start >= end {
        return (None, end);
    }
    let mut number = None;
    for (at, byte) in text[..end].iter().enumerate().skip(start) {
        if !byte.is_ascii_digit() {
            return (number, at);
        }
        if number.is_some_and(|number| number > TOO_LONG) {
            return (None, end);
        }
        number = Some(number.unwrap_or(0) * 10 + usize::from(byte - b'0'));
    }
    (number, end)
}
