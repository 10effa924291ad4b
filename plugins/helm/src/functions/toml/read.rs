//! TOML into values.

use oarlock_go_template::{List, MAP_LIST, Map, Value};
use toml::Value as Toml;

use crate::functions::date::Time;

/// A document as a map.
///
/// # Errors
/// What is wrong, and on which line.
pub(super) fn read(text: &str) -> Result<Map, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let end = error.span().map_or(0, |span| span.start.min(text.len()));
        let line =
            1 + text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').fold(0, |count, _| count + 1);
        format!("toml: line {line}: {}", error.message())
    })?;
    Ok(table.iter().map(|(key, value)| (key.as_str(), to_value(value))).collect())
}

fn to_value(value: &Toml) -> Value {
    match value {
        Toml::String(text) => text.as_str().into(),
        Toml::Integer(int) => Value::int64(*int),
        Toml::Float(float) => (*float).into(),
        Toml::Boolean(boolean) => (*boolean).into(),
        Toml::Datetime(datetime) => time(datetime),
        Toml::Array(items) => {
            let values: Vec<Value> = items.iter().map(to_value).collect();
            // An array of tables has a type of its own.
            if !items.is_empty() && items.iter().all(Toml::is_table) {
                List::with_type(&MAP_LIST, values).into()
            } else {
                List::new(values).into()
            }
        }
        Toml::Table(table) => {
            table.iter().map(|(key, value)| (key.as_str(), to_value(value))).collect::<Map>().into()
        }
    }
}

fn time(datetime: &toml::value::Datetime) -> Value {
    let (date, time) = (datetime.date, datetime.time);
    let offset = match datetime.offset {
        Some(toml::value::Offset::Custom { minutes }) => Some(i64::from(minutes) * 60),
        Some(toml::value::Offset::Z) => Some(0),
        None => None,
    };
    let date = date.map_or((0, 1, 1), |date| (i64::from(date.year), date.month.into(), date.day.into()));
    let clock = time.map_or((0, 0, 0, 0), |time| {
        (time.hour.into(), time.minute.into(), time.second.unwrap_or(0).into(), time.nanosecond.unwrap_or(0))
    });
    Value::object(Time::from_parts(date, clock, offset))
}
