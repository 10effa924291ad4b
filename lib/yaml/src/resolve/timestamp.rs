//! Points in time as go-yaml reads and Go's `encoding/json` prints them.

use std::fmt::{self, Write as _};

/// A point in time, by the clock of its zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    /// Minutes east of Greenwich.
    offset: i16,
}

/// Reads from the front of a text.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// A number of one or two digits; Go always takes the second one that is there.
    fn number(&mut self) -> Option<u8> {
        let digits = self.0.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        self.digits(digits)
    }

    fn digits(&mut self, count: usize) -> Option<u8> {
        let digits = self.0.get(..count).filter(|digits| !digits.is_empty())?;
        let number = digits
            .iter()
            .try_fold(0_u8, |number, digit| digit.is_ascii_digit().then(|| number * 10 + (digit - b'0')))?;
        self.0 = &self.0[count..];
        Some(number)
    }

    fn sign(&mut self, sign: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[sign])?;
        Some(())
    }

    /// A fraction of a second in nanoseconds; zero where there is none. Digits beyond nine are cut
    /// off.
    fn fraction(&mut self) -> u32 {
        let [b'.' | b',', digits @ ..] = self.0 else { return 0 };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return 0;
        }
        let nanoseconds = (0..9).fold(0, |sum, place| {
            sum * 10 + digits[..count].get(place).map_or(0, |digit| u32::from(digit - b'0'))
        });
        self.0 = &digits[count..];
        nanoseconds
    }

    /// `Z`, or hours and minutes.
    fn zone(&mut self) -> Option<i16> {
        let [sign, rest @ ..] = self.0 else { return None };
        self.0 = rest;
        let east = match sign {
            b'Z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.digits(2).filter(|hours| *hours <= 24)?;
        self.sign(b':')?;
        let minutes = self.digits(2).filter(|minutes| *minutes <= 60)?;
        Some(east * (i16::from(hours) * 60 + i16::from(minutes)))
    }
}

impl Timestamp {
    /// Reads one of go-yaml's formats: a date; date, `T` and time with zone; date, space and time
    /// without.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Four digits and a dash tell dates from numbers quickly.
        let [a, b, c, d, b'-', rest @ ..] = text.as_bytes() else { return None };
        let year = [a, b, c, d].iter().try_fold(0_u16, |year, digit| {
            digit.is_ascii_digit().then(|| year * 10 + u16::from(**digit - b'0'))
        })?;
        let mut reader = Reader(rest);
        let month = reader.number().filter(|month| (1..=12).contains(month))?;
        reader.sign(b'-')?;
        let day = reader.number().filter(|day| *day >= 1 && *day <= days(year, month))?;
        let mut time = Self { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 };
        let zoned = match reader.0.split_first() {
            None => return Some(time),
            Some((b'T' | b't', rest)) => {
                reader.0 = rest;
                true
            }
            Some((b' ', rest)) => {
                // Go lets any number of spaces stand for one.
                reader.0 = rest.trim_ascii_start();
                false
            }
            Some(_) => return None,
        };
        time.hour = reader.number().filter(|hour| *hour < 24)?;
        reader.sign(b':')?;
        time.minute = reader.number().filter(|minute| *minute < 60)?;
        reader.sign(b':')?;
        time.second = reader.number().filter(|second| *second < 60)?;
        time.nanosecond = reader.fraction();
        if zoned {
            time.offset = reader.zone()?;
        }
        reader.0.is_empty().then_some(time)
    }

    /// Whether JSON can hold it: RFC 3339 has no offsets of a day or more.
    pub(crate) fn is_rfc3339(self) -> bool {
        self.offset.abs() < 24 * 60
    }
}

/// RFC 3339, with as many digits of the second as there are.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        write!(f, "T{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.nanosecond > 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_char('Z');
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", self.offset.abs() / 60, self.offset.abs() % 60)
    }
}

/// Days in a month of the Gregorian calendar.
fn days(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc3339() {
        for (text, printed) in [
            ("2001-1-2", "2001-01-02T00:00:00Z"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2001-12-14 21:59:43.123456789123", "2001-12-14T21:59:43.123456789Z"),
            ("2001-12-14T21:59:43+00:00", "2001-12-14T21:59:43Z"),
            ("2004-02-29", "2004-02-29T00:00:00Z"),
            ("2001-12-14 1:2:3", "2001-12-14T01:02:03Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), printed);
        }
        assert_eq!(Timestamp::parse("2001-02-29"), None);
        assert!(!Timestamp::parse("2001-12-14T23:59:59+24:00").unwrap().is_rfc3339());
    }
}
