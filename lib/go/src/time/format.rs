//! Layouts: Go writes a format as the date of 2006-01-02 15:04:05 MST would look.

use super::instant::Time;

/// The months, from January on.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The days of the week, from Sunday on.
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A piece of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    /// `Z` for UTC; with colons; in so many parts of hours, minutes, seconds.
    Offset {
        z: bool,
        colon: bool,
        parts: usize,
    },
    /// So many digits; trailing zeros cut off; after a comma instead of a point.
    Fraction {
        digits: usize,
        trim: bool,
        separator: char,
    },
}

const PIECES: [(&str, Piece); 34] = {
    const fn offset(z: bool, colon: bool, parts: usize) -> Piece {
        Piece::Offset { z, colon, parts }
    }
    [
        ("January", Piece::LongMonth),
        ("Jan", Piece::Month),
        ("Monday", Piece::LongWeekday),
        ("Mon", Piece::Weekday),
        ("MST", Piece::ZoneName),
        ("01", Piece::ZeroMonth),
        ("002", Piece::ZeroYearDay),
        ("02", Piece::ZeroDay),
        ("03", Piece::ZeroHour12),
        ("04", Piece::ZeroMinute),
        ("05", Piece::ZeroSecond),
        ("06", Piece::Year),
        ("15", Piece::Hour),
        ("1", Piece::NumMonth),
        ("2006", Piece::LongYear),
        ("2", Piece::Day),
        ("_2006", Piece::LongYear),
        ("__2", Piece::UnderYearDay),
        ("_2", Piece::UnderDay),
        ("3", Piece::Hour12),
        ("4", Piece::Minute),
        ("5", Piece::Second),
        ("PM", Piece::UpperPm),
        ("pm", Piece::LowerPm),
        ("-07:00:00", offset(false, true, 3)),
        ("-070000", offset(false, false, 3)),
        ("-07:00", offset(false, true, 2)),
        ("-0700", offset(false, false, 2)),
        ("-07", offset(false, false, 1)),
        ("Z07:00:00", offset(true, true, 3)),
        ("Z070000", offset(true, false, 3)),
        ("Z07:00", offset(true, true, 2)),
        ("Z0700", offset(true, false, 2)),
        ("Z07", offset(true, false, 1)),
    ]
};

/// What stands before the first piece, the piece, and the rest.
pub(super) fn next_piece(layout: &str) -> (&str, Option<Piece>, &str) {
    for (at, _) in layout.char_indices() {
        let rest = &layout[at..];
        // "Jan" within "January"; a weekday only when no lower letter follows "Mon" or "Jan".
        for (text, piece) in PIECES {
            if !rest.starts_with(text) {
                continue;
            }
            let after = &rest[text.len()..];
            if matches!(piece, Piece::Month | Piece::Weekday)
                && after.starts_with(|c: char| c.is_ascii_lowercase())
            {
                continue;
            }
            if text == "_2006" {
                // The underscore is text.
                return (&layout[..=at], Some(piece), after);
            }
            return (&layout[..at], Some(piece), after);
        }
        if let Some((length, piece)) = fraction(rest) {
            return (&layout[..at], Some(piece), &rest[length..]);
        }
    }
    (layout, None, "")
}

/// `.000` or `.999`, when no digit follows.
fn fraction(rest: &str) -> Option<(usize, Piece)> {
    let mut chars = rest.chars();
    let separator = chars.next().filter(|c| matches!(c, '.' | ','))?;
    let digit = chars.next().filter(|c| matches!(c, '0' | '9'))?;
    let digits = rest[1..].chars().take_while(|c| *c == digit).count();
    if rest[1 + digits..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((1 + digits, Piece::Fraction { digits, trim: digit == '9', separator }))
}

/// `Time.Format`.
pub fn format(time: &Time, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let (text, piece, after) = next_piece(rest);
        out.push_str(text);
        if let Some(piece) = piece {
            write_piece(&mut out, time, piece);
        }
        rest = after;
    }
    out
}

fn write_piece(out: &mut String, time: &Time, piece: Piece) {
    let civil = time.civil();
    let twelve = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
    let month = MONTHS[usize::try_from(civil.month - 1).unwrap_or(0).min(11)];
    let weekday = DAYS[civil.weekday()];
    let text = match piece {
        Piece::LongMonth => month.to_owned(),
        Piece::Month => month[..3].to_owned(),
        Piece::NumMonth => civil.month.to_string(),
        Piece::ZeroMonth => format!("{:02}", civil.month),
        Piece::LongWeekday => weekday.to_owned(),
        Piece::Weekday => weekday[..3].to_owned(),
        Piece::Day => civil.day.to_string(),
        Piece::UnderDay => format!("{:2}", civil.day),
        Piece::ZeroDay => format!("{:02}", civil.day),
        Piece::UnderYearDay => format!("{:3}", civil.day_of_year()),
        Piece::ZeroYearDay => format!("{:03}", civil.day_of_year()),
        Piece::Hour => format!("{:02}", civil.hour),
        Piece::Hour12 => twelve.to_string(),
        Piece::ZeroHour12 => format!("{twelve:02}"),
        Piece::Minute => civil.minute.to_string(),
        Piece::ZeroMinute => format!("{:02}", civil.minute),
        Piece::Second => civil.second.to_string(),
        Piece::ZeroSecond => format!("{:02}", civil.second),
        Piece::LongYear if civil.year < 0 => format!("-{:04}", -civil.year),
        Piece::LongYear => format!("{:04}", civil.year),
        Piece::Year => format!("{:02}", (civil.year % 100).abs()),
        Piece::UpperPm => if civil.hour >= 12 { "PM" } else { "AM" }.to_owned(),
        Piece::LowerPm => if civil.hour >= 12 { "pm" } else { "am" }.to_owned(),
        Piece::ZoneName => time.zone_name(),
        Piece::Offset { z, colon, parts } => offset(time.offset(), z, colon, parts),
        Piece::Fraction { digits, trim, separator } => {
            let all = format!("{:09}", time.nanos);
            let mut shown = all.get(..digits.min(9)).unwrap_or(&all).to_owned();
            shown.extend(std::iter::repeat_n('0', digits.saturating_sub(9)));
            if trim {
                shown.truncate(shown.trim_end_matches('0').len());
            }
            if shown.is_empty() { String::new() } else { format!("{separator}{shown}") }
        }
    };
    out.push_str(&text);
}

/// As `+01:00`, in so many parts: hours, minutes, seconds.
fn offset(offset: i64, z: bool, colon: bool, parts: usize) -> String {
    if z && offset == 0 {
        return "Z".to_owned();
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let size = offset.abs();
    let colon = if colon { ":" } else { "" };
    let mut text = format!("{sign}{:02}", size / 3600);
    if parts > 1 {
        text = format!("{text}{colon}{:02}", size / 60 % 60);
    }
    if parts > 2 {
        text = format!("{text}{colon}{:02}", size % 60);
    }
    text
}
