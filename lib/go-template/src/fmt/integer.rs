//! Integers: bases, signs, padding, code points.

use super::printer::Printer;
use crate::value::Value;
use oarlock_go::strconv::{quote_rune, quote_rune_to_ascii, quote_rune_unicode};

impl Printer<'_> {
    pub(super) fn integer(
        &mut self,
        value: &Value,
        magnitude: u64,
        negative: bool,
        signed: bool,
        verb: char,
    ) {
        match verb {
            'v' if self.flags.sharp_v && !signed => self.go_hex(magnitude),
            'v' | 'd' => self.digits(format!("{magnitude}"), negative, "", 10),
            'b' => self.digits(format!("{magnitude:b}"), negative, "0b", 2),
            'o' => self.digits(format!("{magnitude:o}"), negative, "", 8),
            'O' => self.digits(format!("{magnitude:o}"), negative, "0o", 8),
            'x' => self.digits(format!("{magnitude:x}"), negative, "0x", 16),
            'X' => self.digits(format!("{magnitude:X}"), negative, "0X", 16),
            'c' => {
                let c = code_point(magnitude, negative);
                self.pad(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let c = code_point(magnitude, negative);
                let text = if self.flags.plus { quote_rune_to_ascii(c) } else { quote_rune(c) };
                self.pad(text.as_bytes());
            }
            'U' => self.unicode(magnitude, negative),
            verb => self.bad_verb(value, verb),
        }
    }

    /// An unsigned number in Go syntax.
    pub(super) fn go_hex(&mut self, value: u64) {
        let sharp = std::mem::replace(&mut self.flags.sharp, true);
        self.digits(format!("{value:x}"), false, "0x", 16);
        self.flags.sharp = sharp;
    }

    fn digits(&mut self, mut digits: String, negative: bool, prefix: &str, base: u32) {
        let flags = self.flags;
        let signed = negative || flags.plus || flags.space;
        let mut wanted = 0;
        if let Some(precision) = flags.precision {
            wanted = precision;
            if precision == 0 && digits == "0" {
                // Nothing at all, but for the width.
                return self.padding(flags.width.unwrap_or(0), b' ');
            }
        } else if let (true, false, Some(width)) = (flags.zero, flags.minus, flags.width) {
            wanted = width.saturating_sub(usize::from(signed));
        }
        if wanted > digits.len() {
            digits.insert_str(0, &"0".repeat(wanted - digits.len()));
        }
        if base == 8 && flags.sharp && !digits.starts_with('0') {
            digits.insert(0, '0');
        }
        if prefix == "0o" || (flags.sharp && base != 8) {
            digits.insert_str(0, prefix);
        }
        if negative {
            digits.insert(0, '-');
        } else if flags.plus {
            digits.insert(0, '+');
        } else if flags.space {
            digits.insert(0, ' ');
        }
        self.without_zeros(|printer| printer.pad(digits.as_bytes()));
    }

    fn unicode(&mut self, magnitude: u64, negative: bool) {
        let code = if negative { magnitude.wrapping_neg() } else { magnitude };
        let precision = self.flags.precision.unwrap_or(4).max(4);
        let mut text = format!("U+{code:0precision$X}", precision = precision.min(1 << 15));
        let shown = u32::try_from(code).ok().and_then(char::from_u32).map(quote_rune_unicode);
        if let Some((_, shown)) = shown.as_deref().and_then(|text| text.split_once(' '))
            && self.flags.sharp
        {
            text.push(' ');
            text.push_str(shown);
        }
        self.without_zeros(|printer| printer.pad(text.as_bytes()));
    }
}

fn code_point(magnitude: u64, negative: bool) -> char {
    Some(magnitude)
        .filter(|_| !negative)
        .and_then(|code| u32::try_from(code).ok())
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}
