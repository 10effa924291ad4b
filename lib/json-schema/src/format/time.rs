//! Dates, times and durations of RFC 3339.

use oarlock_go::strconv::quote_rune;

use super::{Checked, ensure};

pub(crate) fn date(text: &str) -> Checked {
    oarlock_go::time::parse("2006-01-02", text).map(drop)
}

/// Numbers between colons.
fn numbers<const N: usize>(text: &str, invalid: &str, negative: &str) -> Result<[i64; N], String> {
    let mut found = [0; N];
    for (number, token) in found.iter_mut().zip(text.splitn(N, ':')) {
        let digits = token.strip_prefix(['+', '-']).unwrap_or(token);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        ensure(is_number, invalid)?;
        *number = token.parse().map_err(|_| invalid.to_owned())?;
        ensure(*number >= 0, negative)?;
    }
    Ok(found)
}

pub(crate) fn time(text: &str) -> Checked {
    ensure(text.len() >= 9, "less than 9 characters long")?;
    let bytes = text.as_bytes();
    ensure(bytes[2] == b':' && bytes[5] == b':', "missing colon in correct place")?;
    // What is no ASCII is no number.
    let (clock, rest) = text.split_at_checked(8).ok_or("invalid hour/min/sec")?;
    let [mut hour, mut minute, second] = numbers(clock, "invalid hour/min/sec", "non-positive hour/min/sec")?;
    ensure(hour <= 23 && minute <= 59 && second <= 60, "hour/min/sec out of range")?;
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|one: char| one.is_ascii_digit());
            ensure(offset.len() < fraction.len(), "no digits in second fraction")?;
            offset
        }
        None => rest,
    };
    if !matches!(offset, "z" | "Z") {
        ensure(offset.len() == 6, "offset must be 6 characters long")?;
        let sign = match offset.as_bytes()[0] {
            b'+' => -1,
            b'-' => 1,
            _ => return Err("offset must begin with plus/minus".to_owned()),
        };
        ensure(offset.as_bytes()[3] == b':', "missing colon in offset in correct place")?;
        let invalid = "invalid hour/min in offset";
        let offset = offset.get(1..).ok_or(invalid)?;
        let [hours, minutes] = numbers(offset, invalid, "non-positive hour/min in offset")?;
        ensure(hours <= 23 && minutes <= 59, "hour/min in offset out of range")?;
        let mut utc = hour * 60 + minute + sign * (hours * 60 + minutes);
        if utc < 0 {
            utc += 24 * 60;
        }
        (hour, minute) = (utc / 60, utc % 60);
    }
    ensure(second < 60 || hour == 23 && minute == 59, "invalid leap second")
}

pub(crate) fn date_time(text: &str) -> Checked {
    ensure(text.len() >= 20, "less than 20 characters long")?;
    ensure(matches!(text.as_bytes()[10], b't' | b'T'), "11th character must be t or T")?;
    let (day, rest) = text.split_at_checked(10).ok_or("11th character must be t or T")?;
    date(day).map_err(|error| format!("invalid date element: {error}"))?;
    time(&rest[1..]).map_err(|error| format!("invalid time element: {error}"))
}

/// The units before and behind the `T`.
const UNITS: [&str; 2] = ["YMD", "HMS"];

pub(crate) fn duration(text: &str) -> Checked {
    let text = text.strip_prefix('P').ok_or("must start with P")?;
    ensure(!text.is_empty(), "nothing after P")?;
    if let Some(weeks) = text.strip_suffix('W') {
        ensure(!weeks.is_empty(), "no number in week")?;
        return ensure(weeks.bytes().all(|byte| byte.is_ascii_digit()), "invalid week");
    }
    for (index, part) in text.split('T').enumerate() {
        ensure(index == 0 || !part.is_empty(), "no time elements")?;
        let all = *UNITS.get(index).ok_or("more than one T")?;
        let mut left = all;
        let mut rest = part;
        while !rest.is_empty() {
            let behind = rest.trim_start_matches(|one: char| one.is_ascii_digit());
            ensure(behind.len() < rest.len(), "missing number")?;
            let unit = behind.bytes().next().ok_or("missing unit")?;
            let shown = quote_rune(char::from(unit));
            let Some(at) = left.bytes().position(|known| known == unit) else {
                let is_known = all.bytes().any(|known| known == unit);
                return Err(if is_known {
                    format!("unit {shown} out of order")
                } else {
                    format!("invalid unit {shown}")
                });
            };
            left = &left[at + 1..];
            rest = &behind[1..];
        }
    }
    Ok(())
}

pub(crate) fn period(text: &str) -> Checked {
    let (start, end) = text.split_once('/').ok_or("missing slash")?;
    let held = |text: &str, which: &str, is_duration: bool| {
        let (checked, kind) =
            if is_duration { (duration(text), "duration") } else { (date_time(text), "date-time") };
        checked.map_err(|error| format!("invalid {which} {kind}: {error}"))
    };
    let starts_with_duration = start.starts_with('P');
    held(start, "start", starts_with_duration)?;
    held(end, "end", !starts_with_duration && end.starts_with('P'))
}
