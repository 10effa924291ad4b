//! Durations: `1h30m`.

use super::quote::quote;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// One more than the largest duration: the size of the smallest.
const MOST: u64 = 1 << 63;

/// `time.ParseDuration`, in nanoseconds.
///
/// # Errors
/// Go's message.
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let shown = || quote(text.as_bytes());
    let invalid = || format!("time: invalid duration {}", shown());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, behind) = digits(rest);
        let (fraction, behind) = behind.strip_prefix('.').map_or(("", behind), digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = behind.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, after) = behind.split_at(end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", shown()));
        }
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let unit = quote(unit.as_bytes());
            return Err(format!("time: unknown unit {unit} in duration {}", shown()));
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        let part = whole.checked_mul(*scale).ok_or_else(invalid)?;
        total = total.saturating_add(part).saturating_add(below_one(fraction, *scale));
        if total > MOST {
            return Err(invalid());
        }
        rest = after;
    }
    if negative { Ok(0i64.wrapping_sub_unsigned(total)) } else { i64::try_from(total).map_err(|_| invalid()) }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// What the digits behind the point come to, reckoned with floats as Go does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "Go converts likewise"
)]
fn below_one(digits: &str, scale: u64) -> u64 {
    let (mut fraction, mut power) = (0u64, 1.0);
    for digit in digits.bytes() {
        let next = fraction.checked_mul(10).and_then(|next| next.checked_add(u64::from(digit - b'0')));
        // What is beyond counts for nothing.
        let Some(next) = next.filter(|next| *next <= MOST) else { break };
        fraction = next;
        power *= 10.0;
    }
    (fraction as f64 * (scale as f64 / power)) as u64
}

/// `Duration.String`.
pub fn format_duration(nanos: i64) -> String {
    let size = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    if size == 0 {
        return "0s".to_owned();
    }
    let (unit, scale): (_, u64) = match size {
        0..1_000 => ("ns", 1),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let decimal = |value: u64| {
        let width = scale.ilog10() as usize;
        let fraction = format!("{:0width$}", value % scale);
        let fraction = if width == 0 { "" } else { fraction.trim_end_matches('0') };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{fraction}{unit}", value / scale)
    };
    if unit != "s" {
        return format!("{sign}{}", decimal(size));
    }
    let minute = 60 * scale;
    let (hours, minutes) = (size / (60 * minute), size / minute % 60);
    let seconds = decimal(size % minute);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1h30m", "1h30m0s")]
    #[case("-1.5h", "-1h30m0s")]
    #[case("1500ms", "1.5s")]
    #[case("1us", "1µs")]
    #[case("0", "0s")]
    #[case("2.5s3ns", "2.500000003s")]
    fn there_and_back(#[case] text: &str, #[case] printed: &str) {
        assert_eq!(format_duration(parse_duration(text).unwrap()), printed);
    }

    #[rstest]
    #[case("", "time: invalid duration \"\"")]
    #[case("1", "time: missing unit in duration \"1\"")]
    #[case("é\n", r#"time: invalid duration "\xc3\xa9\x0a""#)]
    #[case("1x", "time: unknown unit \"x\" in duration \"1x\"")]
    #[case("1.2.3", "time: missing unit in duration \"1.2.3\"")]
    #[case(".", "time: invalid duration \".\"")]
    #[case("9999999h", "time: invalid duration \"9999999h\"")]
    fn refusals(#[case] text: &str, #[case] message: &str) {
        assert_eq!(parse_duration(text).unwrap_err(), message);
    }
}
