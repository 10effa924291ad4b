//! `strconv.ParseInt` and `strconv.ParseFloat`, with the prefixes and underscores of Go source.

/// `strconv.ParseInt(text, 0, 64)`: sign and magnitude. Prefixes and underscores as in Go source.
pub fn parse_integer(text: &str) -> Option<(bool, u64)> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = body.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if !underscores_are_between_digits(&lower) || digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), radix).ok().map(|value| (negative, value))
}

/// Underscores only between digits, or after a base prefix.
fn underscores_are_between_digits(lower: &str) -> bool {
    let mut last = '^';
    let mut rest = lower;
    let mut hex = false;
    if let [b'0', b'b' | b'o' | b'x', ..] = lower.as_bytes() {
        (last, rest, hex) = ('0', &lower[2..], lower.as_bytes()[1] == b'x');
    } else if lower.starts_with('0') && lower.len() > 1 {
        last = '^';
    }
    for c in rest.chars() {
        if c.is_ascii_digit() || (hex && c.is_ascii_hexdigit()) {
            last = '0';
        } else if c == '_' {
            if last != '0' {
                return false;
            }
            last = '_';
        } else {
            if last == '_' {
                return false;
            }
            last = '!';
        }
    }
    last != '_'
}

/// `strconv.ParseFloat(text, 64)`, out of range refused: decimal and hexadecimal, underscores
/// between digits.
pub fn parse_float(text: &str) -> Option<f64> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = body.to_ascii_lowercase();
    let value = if let Some(hex) = lower.strip_prefix("0x") {
        if !underscores_are_between_digits(&lower) {
            return None;
        }
        parse_hex_float(&hex.replace('_', ""))?
    } else {
        match lower.as_str() {
            "inf" | "infinity" => f64::INFINITY,
            "nan" => f64::NAN,
            text => {
                let first = text.as_bytes().first()?;
                if !(first.is_ascii_digit() || *first == b'.') || !underscores_are_between_digits(text) {
                    return None;
                }
                text.replace('_', "").parse::<f64>().ok().filter(|value| value.is_finite())?
            }
        }
    };
    Some(if negative { -value } else { value })
}

/// A mantissa with a binary exponent, which must be there.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let scale = exponent.saturating_sub(4 * i32::try_from(fraction.len()).ok()?);
    Some(value * 2f64.powi(scale)).filter(|value| value.is_finite())
}
