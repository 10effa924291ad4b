//! Numbers in messages, as Go's library for localised text prints them in English.

/// `12,345.678`, or `1.5×10⁰⁶` from a million on.
pub(crate) fn display(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..6).contains(&exponent) {
        return format!("{mantissa}×10{}", superscript(exponent));
    }
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    format!("{sign}{}{fraction}", grouped(whole))
}

/// A count.
pub(crate) fn count(count: usize) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn superscript(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let sign = if exponent < 0 { "⁻" } else { "" };
    let digits = format!("{:02}", exponent.unsigned_abs());
    let digits = digits.chars().filter_map(|digit| digit.to_digit(10)).map(|digit| DIGITS[digit as usize]);
    sign.chars().chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_go() {
        for (number, text) in [
            (-5.0, "-5"),
            (0.0, "0"),
            (12345.678, "12,345.678"),
            (100_000.0, "100,000"),
            (1e6, "1×10⁰⁶"),
            (1_234_567.25, "1.23456725×10⁰⁶"),
            (0.000_123_45, "0.00012345"),
            (1e-7, "1×10⁻⁰⁷"),
        ] {
            assert_eq!(display(number), text);
        }
        assert_eq!(count(2000), "2,000");
    }
}
