//! Strings, bytes and floating-point numbers with flags: padding, truncation, quoting, hexadecimal.

use std::fmt::Write as _;

use super::printer::Printer;
use crate::value::{Str, Value};
use oarlock_go::strconv::{can_backquote, format_float, quote, quote_to_ascii};

impl Printer<'_> {
    pub(super) fn padding(&mut self, count: usize, byte: u8) {
        self.out.extend(std::iter::repeat_n(byte, count));
    }

    /// Writes with padding to the width, which counts characters.
    pub(super) fn pad(&mut self, text: &[u8]) {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(count_runes(text));
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        if !self.flags.minus {
            self.padding(missing, byte);
        }
        self.out.extend_from_slice(text);
        if self.flags.minus {
            self.padding(missing, byte);
        }
    }

    pub(super) fn without_zeros(&mut self, print: impl FnOnce(&mut Self)) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        print(self);
        self.flags.zero = zero;
    }

    pub(super) fn padded(&mut self, text: &[u8], truncate: bool) {
        let text = if truncate { self.truncated(text) } else { text };
        self.pad(text);
    }

    /// The first so many characters.
    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.flags.precision else { return text };
        &text[..rune_offset(text, precision)]
    }

    pub(super) fn string(&mut self, value: &Value, text: &Str, verb: char) {
        match verb {
            'v' if !self.flags.sharp_v => self.padded(text.as_bytes(), true),
            's' => self.padded(text.as_bytes(), true),
            'x' | 'X' => self.hex(text.as_bytes(), verb == 'X'),
            'v' | 'q' => self.quoted(text.as_bytes()),
            verb => self.bad_verb(value, verb),
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        let quoted = if self.flags.sharp && can_backquote(text) {
            format!("`{}`", String::from_utf8_lossy(text))
        } else if self.flags.plus {
            quote_to_ascii(text)
        } else {
            quote(text)
        };
        self.pad(quoted.as_bytes());
    }

    fn hex(&mut self, bytes: &[u8], upper: bool) {
        let length = self.flags.precision.map_or(bytes.len(), |precision| precision.min(bytes.len()));
        let flags = self.flags;
        if length == 0 {
            return self.padding(flags.width.unwrap_or(0), b' ');
        }
        let prefix = if upper { "0X" } else { "0x" };
        let mut text = String::with_capacity(2 * length);
        for (index, byte) in bytes[..length].iter().enumerate() {
            if flags.space && index > 0 {
                text.push(' ');
            }
            if flags.sharp && (index == 0 || flags.space) {
                text.push_str(prefix);
            }
            // Writing to a string never fails.
            let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        }
        self.pad(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, value: &Value, bytes: &[u8], verb: char) {
        match verb {
            's' => self.padded(bytes, true),
            'x' | 'X' => self.hex(bytes, verb == 'X'),
            'q' => self.quoted(bytes),
            verb => {
                let sharp_v = self.flags.sharp_v;
                self.write(if sharp_v { "[]byte{" } else { "[" });
                for (index, byte) in bytes.iter().enumerate() {
                    self.separator(index);
                    if sharp_v {
                        self.go_hex(u64::from(*byte));
                    } else {
                        let of = crate::value::UintType::Uint8;
                        self.integer(&Value::Uint(of, (*byte).into()), (*byte).into(), false, false, verb);
                    }
                }
                let _ = value;
                self.write(if sharp_v { "}" } else { "]" });
            }
        }
    }

    pub(super) fn float(&mut self, value: &Value, float: f64, verb: char) {
        let (format, default) = match verb {
            'v' | 'g' => (b'g', None),
            'b' => (b'b', None),
            'G' => (b'G', None),
            'x' => (b'x', None),
            'X' => (b'X', None),
            'f' | 'F' => (b'f', Some(6)),
            'e' => (b'e', Some(6)),
            'E' => (b'E', Some(6)),
            verb => return self.bad_verb(value, verb),
        };
        let precision = self.flags.precision.or(default);
        let mut number = format_float(float, format, precision);
        if !number.starts_with(['-', '+']) {
            number.insert(0, '+');
        }
        let flags = self.flags;
        if flags.space && !flags.plus && number.starts_with('+') {
            number.replace_range(..1, " ");
        }
        if float.is_infinite() || float.is_nan() {
            let bare = float.is_nan() && !flags.space && !flags.plus;
            // An infinity keeps its sign even without the flag.
            let shown = if bare { &number[1..] } else { &number };
            let shown = shown.to_owned();
            return self.without_zeros(|printer| printer.pad(shown.as_bytes()));
        }
        if flags.sharp && verb != 'b' {
            number = with_point(&number, verb, precision);
        }
        if !flags.plus && number.starts_with('+') {
            return self.pad(&number.as_bytes()[1..]);
        }
        match flags.width {
            Some(width) if flags.zero && !flags.minus && width > number.len() => {
                self.out.push(number.as_bytes()[0]);
                self.padding(width - number.len(), b'0');
                self.out.extend_from_slice(&number.as_bytes()[1..]);
            }
            _ => self.pad(number.as_bytes()),
        }
    }

    pub(super) fn complex(&mut self, value: &Value, real: f64, imaginary: f64, verb: char) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.write("(");
        self.float(&Value::Float(real), real, verb);
        self.flags.plus = true;
        self.float(&Value::Float(imaginary), imaginary, verb);
        self.flags.plus = plus;
        self.write("i)");
    }
}

/// `%#g`: a decimal point always, and trailing zeros up to the precision.
fn with_point(number: &str, verb: char, precision: Option<usize>) -> String {
    let hex = matches!(verb, 'x' | 'X');
    let split = number.find(|c| matches!(c, 'p' | 'P') || (!hex && matches!(c, 'e' | 'E')));
    let (body, tail) = number.split_at(split.unwrap_or(number.len()));
    let mut digits = match verb {
        'v' | 'g' | 'G' | 'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(i64::MAX),
        _ => 0,
    };
    let mut seen = false;
    for c in body.chars().skip(1).filter(|c| *c != '.') {
        seen |= c != '0';
        digits -= i64::from(seen);
    }
    let mut out = body.to_owned();
    if !body.contains('.') {
        if body.len() == 2 && body.ends_with('0') {
            digits -= 1;
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', usize::try_from(digits).unwrap_or(0)));
    out + tail
}

/// Characters, a byte that is not UTF-8 being one too.
fn count_runes(text: &[u8]) -> usize {
    text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// Where the character of a number starts.
fn rune_offset(text: &[u8], mut runes: usize) -> usize {
    let mut offset = 0;
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            if runes == 0 {
                return offset;
            }
            offset += c.len_utf8();
            runes -= 1;
        }
        for _ in chunk.invalid() {
            if runes == 0 {
                return offset;
            }
            offset += 1;
            runes -= 1;
        }
    }
    offset
}
