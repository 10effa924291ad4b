//! Dates: Go's `time` with its layouts. The clock stands still and its place is noted; the local
//! zone is UTC.

mod value;

use oarlock_go_template::{Context, Error, Function, Type, Value};

use oarlock_go::time::{NANOS_PER_SECOND, Time, Zone, format, format_duration, parse, parse_duration};
use oarlock_go_template::arguments::{ANY, Outcome, TEXT, any, text};

use crate::state::now;
use value::TIME;
pub(crate) use value::add_methods;
pub use value::{as_time, time_value};

const DATE: Type = Type::Object(&TIME);

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("now", &[], |cx, _| Ok(time_value(current(cx, "now")))),
    Function::new("date", &[TEXT, ANY], |cx, a| {
        in_zone(cx, &text(a, 0).to_text(), any(a, 1), "Local", "date")
    }),
    Function::new("dateInZone", &[TEXT, ANY, TEXT], |cx, a| {
        in_zone(cx, &text(a, 0).to_text(), any(a, 1), &text(a, 2).to_text(), "dateInZone")
    }),
    Function::new("date_in_zone", &[TEXT, ANY, TEXT], |cx, a| {
        in_zone(cx, &text(a, 0).to_text(), any(a, 1), &text(a, 2).to_text(), "date_in_zone")
    }),
    Function::new("htmlDate", &[ANY], |cx, a| in_zone(cx, "2006-01-02", any(a, 0), "Local", "htmlDate")),
    Function::new("htmlDateInZone", &[ANY, TEXT], |cx, a| {
        in_zone(cx, "2006-01-02", any(a, 0), &text(a, 1).to_text(), "htmlDateInZone")
    }),
    Function::new("dateModify", &[TEXT, DATE], modify),
    Function::new("date_modify", &[TEXT, DATE], modify),
    Function::new("mustDateModify", &[TEXT, DATE], must_modify),
    Function::new("must_date_modify", &[TEXT, DATE], must_modify),
    Function::new("ago", &[ANY], ago),
    Function::new("duration", &[ANY], |_, a| {
        let seconds = match any(a, 0) {
            Value::String(text) => saturating_int(&text.to_text()),
            Value::Int(oarlock_go_template::IntType::Int64, seconds) => *seconds,
            _ => 0,
        };
        Ok(format_duration(seconds.wrapping_mul(1_000_000_000)).into())
    }),
    Function::new("durationRound", &[ANY], |cx, a| {
        let nanos = match any(a, 0) {
            Value::String(text) => parse_duration(&text.to_text()).unwrap_or(0),
            Value::Int(oarlock_go_template::IntType::Int64, nanos) => *nanos,
            value => match as_time(value) {
                Some(time) => saturate(current(cx, "durationRound").nanos() - time.nanos()),
                None => 0,
            },
        };
        Ok(round_duration(nanos).into())
    }),
    Function::new("toDate", &[TEXT, TEXT], |_, a| {
        let parsed = parse(&text(a, 0).to_text(), &text(a, 1).to_text());
        Ok(time_value(parsed.unwrap_or_else(|_| Time::zero())))
    }),
    Function::new("mustToDate", &[TEXT, TEXT], |_, a| {
        let parsed = parse(&text(a, 0).to_text(), &text(a, 1).to_text()).map_err(Error::new)?;
        Ok(time_value(parsed))
    }),
    Function::new("unixEpoch", &[DATE], |_, a| {
        Ok(as_time(any(a, 0)).map_or(0, |time| time.seconds).to_string().into())
    }),
];

/// sprig's `durationRound`: the largest unit alone.
fn round_duration(nanos: i64) -> String {
    const HOUR: u64 = 3_600_000_000_000;
    let size = nanos.unsigned_abs();
    for (unit, scale) in [
        ("y", 365 * 24 * HOUR),
        ("mo", 30 * 24 * HOUR),
        ("d", 24 * HOUR),
        ("h", HOUR),
        ("m", HOUR / 60),
        ("s", HOUR / 3600),
    ] {
        if size > scale {
            return format!("{}{unit}", size / scale);
        }
    }
    "0s".to_owned()
}

fn current(cx: &mut Context<'_>, function: &'static str) -> Time {
    Time { seconds: now(cx, function), nanos: 0, zone: Zone::local() }
}

/// What `strconv.ParseInt` gives beside an error: the nearest number for one that is out of range,
/// 0 for what is none.
fn saturating_int(text: &str) -> i64 {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse().unwrap_or_else(|error: std::num::ParseIntError| match error.kind() {
        PosOverflow => i64::MAX,
        NegOverflow => i64::MIN,
        _ => 0,
    })
}

fn saturate(nanos: i128) -> i64 {
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

/// A time, or seconds since 1970; anything else is now.
fn in_zone(cx: &mut Context<'_>, layout: &str, date: &Value, zone: &str, function: &'static str) -> Outcome {
    let time = match date {
        Value::Int(of, seconds) if matches!(of.name(), "int" | "int32" | "int64") => {
            Time { seconds: *seconds, nanos: 0, zone: Zone::local() }
        }
        value => match as_time(value) {
            Some(time) => time.clone(),
            None => current(cx, function),
        },
    };
    let zone = Zone::load(zone).unwrap_or_else(Zone::utc);
    let text = format(&Time { zone, ..time }, layout);
    cx.reserve(text.len())?;
    Ok(text.into())
}

fn modify(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    match (parse_duration(&text(a, 0).to_text()), as_time(any(a, 1))) {
        (Ok(nanos), Some(time)) => Ok(time_value(time.plus(nanos))),
        _ => Ok(any(a, 1).clone()),
    }
}

fn must_modify(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let nanos = parse_duration(&text(a, 0).to_text()).map_err(Error::new)?;
    Ok(as_time(any(a, 1)).map_or(Value::Nil, |time| time_value(time.plus(nanos))))
}

fn ago(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let now = current(cx, "ago");
    let nanos = match any(a, 0) {
        Value::Int(of, seconds) if matches!(of.name(), "int" | "int64") => {
            (i128::from(now.seconds) - i128::from(*seconds)) * NANOS_PER_SECOND
        }
        value => as_time(value).map_or(0, |time| now.nanos() - time.nanos()),
    };
    let seconds = nanos.signum() * ((nanos.abs() + NANOS_PER_SECOND / 2) / NANOS_PER_SECOND);
    Ok(format_duration(saturate(seconds * NANOS_PER_SECOND)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds() {
        assert_eq!(round_duration(parse_duration("2400h").unwrap()), "3mo");
        assert_eq!(round_duration(0), "0s");
    }
}
