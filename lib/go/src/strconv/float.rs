//! `strconv.FormatFloat`.

/// More digits than a `f64` has: beyond them come zeros.
const MAX_DIGITS: usize = 1100;

/// `strconv.FormatFloat(value, verb, precision, 64)`: none as precision asks for the fewest digits
/// that read back the same. Verbs are `e`, `E`, `f`, `g`, `G`, `b`, `x` and `X`; anything else
/// counts as `g`.
pub fn format_float(value: f64, verb: u8, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match verb {
        b'e' => exponential(value, precision),
        b'E' => exponential(value, precision).to_uppercase(),
        b'f' => fixed(value, precision),
        b'b' => binary(value),
        b'x' => hexadecimal(value, precision),
        b'X' => hexadecimal(value, precision).to_uppercase(),
        b'G' => general(value, precision).to_uppercase(),
        _ => general(value, precision),
    }
}

fn fixed(value: f64, precision: Option<usize>) -> String {
    match precision {
        None => format!("{value}"),
        Some(precision) if precision <= MAX_DIGITS => format!("{value:.precision$}"),
        Some(precision) => {
            let mut text = format!("{value:.MAX_DIGITS$}");
            text.extend(std::iter::repeat_n('0', precision - MAX_DIGITS));
            text
        }
    }
}

/// Digits and decimal exponent: `1.5`, 3 for 1500.
fn scientific(value: f64, precision: Option<usize>) -> (String, i32) {
    let text = match precision {
        None => format!("{value:e}"),
        Some(precision) => format!("{value:.*e}", precision.min(MAX_DIGITS)),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut mantissa = mantissa.to_owned();
    if let Some(precision) = precision {
        mantissa.extend(std::iter::repeat_n('0', precision.saturating_sub(MAX_DIGITS)));
    }
    (mantissa, exponent.parse().unwrap_or(0))
}

fn exponential(value: f64, precision: Option<usize>) -> String {
    let (mantissa, exponent) = scientific(value, precision);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// The shorter of the two forms. A precision counts significant digits here.
fn general(value: f64, precision: Option<usize>) -> String {
    let wanted = precision.map(|precision| precision.max(1));
    let (mantissa, exponent) = scientific(value, wanted.map(|wanted| wanted - 1));
    let mut digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.truncate(digits.trim_end_matches('0').len().max(1));
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let point = exponent + 1;
    let threshold = match wanted.map(|wanted| i32::try_from(wanted).unwrap_or(i32::MAX)) {
        None => 6,
        Some(wanted) if wanted > count && count >= point => count,
        Some(wanted) => wanted,
    };
    if exponent < -4 || exponent >= threshold {
        exponential(value, Some(digits.len() - 1))
    } else {
        fixed(value, Some(usize::try_from(count - point).unwrap_or(0)))
    }
}

/// `4503599627370496p-52`: the mantissa as it is stored, and a power of two.
fn binary(value: f64) -> String {
    let (negative, mantissa, exponent) = parts(value);
    let sign = if negative { "-" } else { "" };
    format!("{sign}{mantissa}p{exponent:+}")
}

fn parts(value: f64) -> (bool, u64, i32) {
    let bits = value.to_bits();
    let stored = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if stored == 0 { (fraction, 1) } else { (fraction | 1 << 52, stored) };
    (bits >> 63 != 0, mantissa, exponent - 1075)
}

/// `0x1.8p+01`.
fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let (negative, mut mantissa, mut exponent) = parts(value);
    exponent += 52;
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 11;
        mantissa <<= shift;
        exponent -= i32::try_from(shift).unwrap_or(0);
    }
    if let Some(kept) = precision.filter(|precision| *precision < 13) {
        let dropped = 4 * (13 - kept);
        let half = 1u64 << (dropped - 1);
        let rest = mantissa & ((1 << dropped) - 1);
        mantissa >>= dropped;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= dropped;
        if mantissa >> 53 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut digits = format!("{:013x}", mantissa & ((1 << 52) - 1));
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(precision) if precision < 13 => digits.truncate(precision),
        Some(precision) => digits.extend(std::iter::repeat_n('0', precision - 13)),
    }
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if negative { "-" } else { "" };
    let direction = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{}{point}{digits}p{direction}{:02}", mantissa >> 52, exponent.abs())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(1e6, b'g', None, "1e+06")]
    #[case(123_456.0, b'g', None, "123456")]
    #[case(1_234_567.0, b'g', None, "1.234567e+06")]
    #[case(0.0001, b'g', None, "0.0001")]
    #[case(0.000_01, b'g', None, "1e-05")]
    #[case(-0.0, b'g', None, "-0")]
    #[case(100_000.0, b'g', Some(3), "1e+05")]
    #[case(1234.5678, b'g', Some(10), "1234.5678")]
    #[case(2.5, b'e', Some(6), "2.500000e+00")]
    #[case(2.5, b'f', Some(0), "2")]
    #[case(1e21, b'f', None, "1000000000000000000000")]
    #[case(1.0, b'b', None, "4503599627370496p-52")]
    #[case(3.5, b'x', None, "0x1.cp+01")]
    #[case(1.0, b'X', Some(2), "0X1.00P+00")]
    #[case(0.0, b'x', None, "0x0p+00")]
    #[case(f64::INFINITY, b'g', None, "+Inf")]
    fn as_strconv_does(
        #[case] value: f64,
        #[case] verb: u8,
        #[case] precision: Option<usize>,
        #[case] text: &str,
    ) {
        assert_eq!(format_float(value, verb, precision), text);
    }

    #[test]
    fn any_precision_will_do() {
        assert_eq!(format_float(0.5, b'f', Some(100_000)).len(), 100_002);
        assert_eq!(format_float(0.5, b'e', Some(100_000)).len(), 100_006);
    }
}
