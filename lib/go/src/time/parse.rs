//! `time.Parse` with a layout.

use super::civil::{Civil, days_in};
use super::format::{DAYS, MONTHS, Piece, next_piece};
use super::instant::{Time, Zone};
use super::quote::quote;

/// What has been read so far.
#[derive(Debug)]
struct Parsed {
    civil: Civil,
    nanos: u32,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    pm: Option<bool>,
    offset: Option<i64>,
    zone_name: Option<String>,
    utc: bool,
}

/// Why a piece does not fit: it is something else, or out of range.
enum Mismatch {
    Bad,
    OutOfRange(&'static str),
}

/// `time.ParseInLocation(layout, text, Local)`.
///
/// # Errors
/// Go's message.
pub fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let mut parsed = Parsed {
        civil: Civil { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
        nanos: 0,
        month: None,
        day: None,
        day_of_year: None,
        pm: None,
        offset: None,
        zone_name: None,
        utc: false,
    };
    let (whole, mut value, mut rest) = (text, text, layout);
    let bad = |value: &str, element: &str| {
        let (value, element) = (quote(value.as_bytes()), quote(element.as_bytes()));
        let (whole, layout) = (quote(whole.as_bytes()), quote(layout.as_bytes()));
        format!("parsing time {whole} as {layout}: cannot parse {value} as {element}")
    };
    loop {
        let (prefix, piece, after) = next_piece(rest);
        value = skip(value, prefix).ok_or_else(|| bad(value, prefix))?;
        let Some(piece) = piece else {
            if !value.is_empty() {
                let extra = quote(value.as_bytes());
                return Err(format!("parsing time {}: extra text: {extra}", quote(whole.as_bytes())));
            }
            break;
        };
        let element = &rest[prefix.len()..rest.len() - after.len()];
        let next_is_fraction = matches!(next_piece(after), ("", Some(Piece::Fraction { .. }), _));
        let held = value;
        match parsed.piece(piece, value, next_is_fraction) {
            Ok(remaining) => value = remaining,
            Err(Mismatch::Bad) => return Err(bad(held, element)),
            Err(Mismatch::OutOfRange(what)) => {
                return Err(format!("parsing time {}: {what} out of range", quote(whole.as_bytes())));
            }
        }
        rest = after;
    }
    parsed.finish(whole)
}

/// The value behind a layout's text; runs of space in it fit any.
fn skip<'v>(mut value: &'v str, prefix: &str) -> Option<&'v str> {
    let mut chars = prefix.chars().peekable();
    while let Some(c) = chars.next() {
        if c == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return None;
            }
            while chars.peek() == Some(&' ') {
                chars.next();
            }
            value = value.trim_start_matches(' ');
        } else {
            value = value.strip_prefix(c)?;
        }
    }
    Some(value)
}

/// One or two digits.
fn number(value: &str, fixed: bool) -> Result<(i64, &str), Mismatch> {
    let digits = value.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits == 0 || (fixed && digits < 2) {
        return Err(Mismatch::Bad);
    }
    exactly(value, digits)
}

/// So many digits.
fn exactly(value: &str, digits: usize) -> Result<(i64, &str), Mismatch> {
    let text = value.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let text = text.ok_or(Mismatch::Bad)?;
    Ok((text.parse().map_err(|_| Mismatch::Bad)?, &value[digits..]))
}

/// A name of a list, in any case; its place from 0.
fn lookup<'v>(names: &[&str], length: Option<usize>, value: &'v str) -> Result<(i64, &'v str), Mismatch> {
    for (index, name) in names.iter().enumerate() {
        let name = &name[..length.unwrap_or(name.len())];
        if value.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            return Ok((i64::try_from(index).unwrap_or(0), &value[name.len()..]));
        }
    }
    Err(Mismatch::Bad)
}

fn in_range(number: i64, range: std::ops::RangeInclusive<i64>, what: &'static str) -> Result<i64, Mismatch> {
    if range.contains(&number) { Ok(number) } else { Err(Mismatch::OutOfRange(what)) }
}

impl Parsed {
    /// Reads a piece and returns the rest.
    fn piece<'v>(&mut self, piece: Piece, value: &'v str, fraction_next: bool) -> Result<&'v str, Mismatch> {
        let rest = match piece {
            Piece::Year => {
                let (year, rest) = exactly(value, 2)?;
                self.civil.year = if year >= 69 { year + 1900 } else { year + 2000 };
                rest
            }
            Piece::LongYear => {
                let (year, rest) = exactly(value, 4)?;
                self.civil.year = year;
                rest
            }
            Piece::Month | Piece::LongMonth => {
                let length = (piece == Piece::Month).then_some(3);
                let (month, rest) = lookup(&MONTHS, length, value)?;
                self.month = Some(month + 1);
                rest
            }
            Piece::NumMonth | Piece::ZeroMonth => {
                let (month, rest) = number(value, piece == Piece::ZeroMonth)?;
                self.month = Some(in_range(month, 1..=12, "month")?);
                rest
            }
            Piece::Weekday => lookup(&DAYS, Some(3), value)?.1,
            Piece::LongWeekday => lookup(&DAYS, None, value)?.1,
            Piece::Day | Piece::UnderDay | Piece::ZeroDay => {
                let value =
                    if piece == Piece::UnderDay { value.strip_prefix(' ').unwrap_or(value) } else { value };
                let (day, rest) = number(value, piece == Piece::ZeroDay)?;
                self.day = Some(day);
                rest
            }
            Piece::UnderYearDay | Piece::ZeroYearDay => {
                let spaces = value.bytes().take(2).take_while(|byte| *byte == b' ').count();
                let value = if piece == Piece::UnderYearDay { &value[spaces..] } else { value };
                let digits = value.bytes().take(3).take_while(u8::is_ascii_digit).count();
                if digits == 0 || (piece == Piece::ZeroYearDay && digits < 3) {
                    return Err(Mismatch::Bad);
                }
                let (day, rest) = exactly(value, digits)?;
                self.day_of_year = Some(day);
                rest
            }
            Piece::Hour => {
                let (hour, rest) = number(value, false)?;
                self.civil.hour = in_range(hour, 0..=23, "hour")?;
                rest
            }
            Piece::Hour12 | Piece::ZeroHour12 => {
                let (hour, rest) = number(value, piece == Piece::ZeroHour12)?;
                self.civil.hour = in_range(hour, 0..=12, "hour")?;
                rest
            }
            Piece::Minute | Piece::ZeroMinute => {
                let (minute, rest) = number(value, piece == Piece::ZeroMinute)?;
                self.civil.minute = in_range(minute, 0..=59, "minute")?;
                rest
            }
            Piece::Second | Piece::ZeroSecond => {
                let (second, rest) = number(value, piece == Piece::ZeroSecond)?;
                self.civil.second = in_range(second, 0..=59, "second")?;
                // A fraction may follow that the layout doesn't mention.
                match fraction_digits(rest) {
                    Some(digits) if !fraction_next => self.fraction(rest, digits)?,
                    _ => rest,
                }
            }
            Piece::UpperPm | Piece::LowerPm => {
                let names = if piece == Piece::UpperPm { ["AM", "PM"] } else { ["am", "pm"] };
                let which = names.iter().position(|name| value.starts_with(name)).ok_or(Mismatch::Bad)?;
                self.pm = Some(which == 1);
                &value[2..]
            }
            Piece::Fraction { trim: true, .. } => match fraction_digits(value) {
                Some(digits) => self.fraction(value, digits)?,
                None => value,
            },
            Piece::Fraction { digits, .. } => match fraction_digits(value) {
                Some(found) if found >= digits => self.fraction(value, digits)?,
                _ => return Err(Mismatch::Bad),
            },
            Piece::Offset { z, colon, parts } => {
                if let Some(rest) = value.strip_prefix('Z').filter(|_| z) {
                    self.utc = true;
                    return Ok(rest);
                }
                self.offset(value, colon, parts)?
            }
            Piece::ZoneName => self.zone(value)?,
        };
        Ok(rest)
    }

    fn fraction<'v>(&mut self, value: &'v str, digits: usize) -> Result<&'v str, Mismatch> {
        let shown = format!("{:0<9}", &value[1..=digits]);
        self.nanos = shown[..9].parse().map_err(|_| Mismatch::Bad)?;
        Ok(&value[1 + digits..])
    }

    /// Hours, minutes and seconds of an offset. Range is checked before the sign.
    fn offset<'v>(&mut self, value: &'v str, colon: bool, parts: usize) -> Result<&'v str, Mismatch> {
        const WHAT: [&str; 3] =
            ["time zone offset hour", "time zone offset minute", "time zone offset second"];
        let step = if colon { 3 } else { 2 };
        let length = 3 + step * (parts - 1);
        let text = value.get(..length).ok_or(Mismatch::Bad)?;
        if colon && !(1..parts).all(|part| text[step * part..].starts_with(':')) {
            return Err(Mismatch::Bad);
        }
        let mut offset = 0;
        for (part, scale) in [3600, 60, 1].into_iter().enumerate().take(parts) {
            let digits = text.get(1 + step * part..3 + step * part).ok_or(Mismatch::Bad)?;
            let (number, _) = number(digits, true)?;
            offset += in_range(number, 0..=if part == 0 { 24 } else { 60 }, WHAT[part])? * scale;
        }
        self.offset = Some(match text.as_bytes()[0] {
            b'+' => offset,
            b'-' => -offset,
            _ => return Err(Mismatch::Bad),
        });
        Ok(&value[length..])
    }

    fn zone<'v>(&mut self, value: &'v str) -> Result<&'v str, Mismatch> {
        if let Some(rest) = value.strip_prefix("UTC") {
            self.utc = true;
            return Ok(rest);
        }
        let length = zone_length(value).ok_or(Mismatch::Bad)?;
        let (name, rest) = value.split_at(length);
        self.zone_name = Some(name.to_owned());
        Ok(rest)
    }

    fn finish(mut self, whole: &str) -> Result<Time, String> {
        let out_of_range =
            |what: &str| format!("parsing time {}: {what} out of range", quote(whole.as_bytes()));
        match self.pm {
            Some(true) if self.civil.hour < 12 => self.civil.hour += 12,
            Some(false) if self.civil.hour == 12 => self.civil.hour = 0,
            _ => {}
        }
        if let Some(day) = self.day_of_year {
            let last = 337 + days_in(self.civil.year, 2);
            if !(1..=last).contains(&day) {
                return Err(out_of_range("day-of-year"));
            }
            self.civil.day = day;
        } else {
            self.civil.month = self.month.unwrap_or(1);
            self.civil.day = self.day.unwrap_or(1);
            if !(1..=days_in(self.civil.year, self.civil.month)).contains(&self.civil.day) {
                return Err(out_of_range("day"));
            }
        }
        let zone = match (self.utc, self.offset, self.zone_name) {
            (true, _, _) => Zone::utc(),
            (_, Some(0) | None, None) => Zone::local(),
            (_, Some(offset), name) => Zone::fixed(offset, name.unwrap_or_default()),
            // `GMT+3` says how far it is, but Go reads the time as if it did not.
            (_, None, Some(name)) => {
                let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i64>().ok());
                Zone::fixed(hours.unwrap_or(0) * 3600, name)
            }
        };
        let seconds = self.civil.to_seconds() - self.offset.filter(|_| !self.utc).unwrap_or(0);
        Ok(Time { seconds, nanos: self.nanos, zone })
    }
}

/// How long the abbreviation of a zone is: three letters, four or five that end in `T`, or an
/// offset such as `+03`.
fn zone_length(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    if value.starts_with("ChST") || value.starts_with("MeST") {
        return Some(4);
    }
    if let Some(behind) = value.strip_prefix("GMT") {
        return Some(3 + signed_offset(behind).unwrap_or(0));
    }
    if value.starts_with(['+', '-']) {
        return signed_offset(value);
    }
    match bytes.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        5 if bytes[4] == b'T' => Some(5),
        4 if bytes[3] == b'T' || value.starts_with("WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// How long a sign with hours below a day is.
fn signed_offset(value: &str) -> Option<usize> {
    let digits = value.strip_prefix(['+', '-'])?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let hours: u64 = digits[..length].parse().ok()?;
    (hours < 24).then_some(1 + length)
}

/// How many digits follow a point or comma.
fn fraction_digits(value: &str) -> Option<usize> {
    let after = value.strip_prefix(['.', ','])?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then_some(digits)
}
