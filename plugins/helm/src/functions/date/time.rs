//! `time.Time`: an instant and the zone that it is shown in.

use std::any::Any;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use oarlock_go_template::{Context, Error, Function, Functions, IntType, Object, ObjectType, Type, Value};

use super::NANOS;
use super::civil::Civil;
use super::format::{DAYS, MONTHS, format};
use crate::functions::arguments::{INT, Outcome, TEXT, any, count, int, text};

/// An instant.
#[derive(Clone, Debug)]
pub(in crate::functions) struct Time {
    /// Since 1970.
    pub(in crate::functions) seconds: i64,
    /// Below a second.
    pub(super) nanos: u32,
    pub(super) zone: Zone,
}

/// A zone: one of the database, or an offset with a name.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    Named(TimeZone),
    Fixed { offset: i64, name: String },
}

impl Zone {
    pub(super) fn utc() -> Self {
        Self::Fixed { offset: 0, name: "UTC".to_owned() }
    }

    /// The local zone is UTC: what is rendered must not depend on where.
    pub(super) fn local() -> Self {
        Self::utc()
    }

    pub(super) fn fixed(offset: i64, name: String) -> Self {
        Self::Fixed { offset, name }
    }

    /// `time.LoadLocation`.
    pub(super) fn load(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::utc()),
            "Local" => Some(Self::local()),
            name => TimeZone::get(name).ok().map(Self::Named),
        }
    }
}

impl Time {
    /// The first of January of the year 1.
    pub(super) fn zero() -> Self {
        Self { seconds: -62_135_596_800, nanos: 0, zone: Zone::utc() }
    }

    /// Names of the zones of TOML's times without an offset, by which those are told apart.
    pub(in crate::functions) const LOCAL_DATETIME: &str = "datetime-local";
    pub(in crate::functions) const LOCAL_DATE: &str = "date-local";
    pub(in crate::functions) const LOCAL_TIME: &str = "time-local";

    /// The same in the local zone under another name.
    pub(in crate::functions) fn in_zone_named(self, name: Option<&str>) -> Self {
        match name {
            Some(name) => Self { zone: Zone::fixed(0, name.to_owned()), ..self },
            None => self,
        }
    }

    /// As TOML writes it.
    pub(in crate::functions) fn to_toml(&self) -> String {
        let name = match &self.zone {
            Zone::Fixed { name, .. } => name.as_str(),
            Zone::Named(_) => "",
        };
        let layout = match name {
            Self::LOCAL_DATETIME => "2006-01-02T15:04:05.999999999",
            Self::LOCAL_DATE => "2006-01-02",
            Self::LOCAL_TIME => "15:04:05.999999999",
            _ => "2006-01-02T15:04:05.999999999Z07:00",
        };
        format(self, layout)
    }

    pub(super) fn nanos(&self) -> i128 {
        i128::from(self.seconds) * NANOS + i128::from(self.nanos)
    }

    pub(super) fn plus(&self, nanos: i64) -> Self {
        let total = self.nanos() + i128::from(nanos);
        Self {
            seconds: i64::try_from(total.div_euclid(NANOS)).unwrap_or(self.seconds),
            nanos: u32::try_from(total.rem_euclid(NANOS)).unwrap_or(0),
            zone: self.zone.clone(),
        }
    }

    /// The instant, as near as the database of zones goes.
    fn instant(&self) -> Timestamp {
        let nearest = if self.seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_second(self.seconds).unwrap_or(nearest)
    }

    fn is_dst(&self) -> bool {
        match &self.zone {
            Zone::Fixed { .. } => false,
            Zone::Named(zone) => zone.to_offset_info(self.instant()).dst().is_dst(),
        }
    }

    pub(super) fn offset(&self) -> i64 {
        match &self.zone {
            Zone::Fixed { offset, .. } => *offset,
            Zone::Named(zone) => zone.to_offset(self.instant()).seconds().into(),
        }
    }

    /// The zone's abbreviation at this instant; an offset, where it has none.
    pub(super) fn zone_name(&self) -> String {
        let named = match &self.zone {
            Zone::Fixed { name, .. } => name.clone(),
            Zone::Named(zone) => zone.to_offset_info(self.instant()).abbreviation().to_owned(),
        };
        if !named.is_empty() {
            return named;
        }
        let (offset, size) = (self.offset(), self.offset().abs());
        let sign = if offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}{:02}", size / 3600, size / 60 % 60)
    }

    pub(super) fn civil(&self) -> Civil {
        Civil::from_seconds(self.seconds.saturating_add(self.offset()))
    }
}

impl Object for Time {
    fn object_type(&self) -> &'static ObjectType {
        &TIME
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn display(&self) -> Option<String> {
        Some(format(self, "2006-01-02 15:04:05.999999999 -0700 MST"))
    }

    fn json(&self) -> Option<Value> {
        Some(format(self, "2006-01-02T15:04:05.999999999Z07:00").into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other
            .as_any()
            .downcast_ref::<Time>()
            .is_some_and(|other| self.nanos() == other.nanos() && self.zone_name() == other.zone_name())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A month or weekday: a number with a name.
#[derive(Debug)]
struct Named {
    of: &'static ObjectType,
    name: &'static str,
    number: i64,
}

impl Object for Named {
    fn object_type(&self) -> &'static ObjectType {
        self.of
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn display(&self) -> Option<String> {
        Some(self.name.to_owned())
    }

    fn integer(&self) -> Option<i64> {
        Some(self.number)
    }

    fn json(&self) -> Option<Value> {
        Some(Value::int(self.number))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.display().as_deref() == Some(self.name)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

static MONTH: ObjectType = ObjectType { name: "time.Month" };
static WEEKDAY: ObjectType = ObjectType { name: "time.Weekday" };
static NAMED_METHODS: &[Function] = &[Function::new("String", &[], |_, a| {
    let name = match any(a, 0) {
        Value::Object(object) => object.display(),
        _ => None,
    };
    Ok(name.unwrap_or_default().into())
})];
/// The type as a parameter: types are told apart by their names, and a static can't be within itself.
static PARAMETER: ObjectType = ObjectType { name: "time.Time" };
const SAME: Type = Type::Object(&PARAMETER);

/// `time.Time` with the methods that templates use.
pub(in crate::functions) static TIME: ObjectType = ObjectType { name: "time.Time" };

/// Gives times, months and weekdays their methods.
pub(in crate::functions) fn add_methods(functions: &mut Functions) {
    functions.add_methods(&TIME, METHODS);
    functions.add_methods(&MONTH, NAMED_METHODS);
    functions.add_methods(&WEEKDAY, NAMED_METHODS);
}

static METHODS: &[Function] = &[
    Function::new("Format", &[TEXT], |_, a| Ok(format(time(a)?, &text(a, 1).to_text()).into())),
    Function::new("String", &[], |_, a| Ok(time(a)?.display().unwrap_or_default().into())),
    Function::new("Unix", &[], |_, a| Ok(Value::int64(time(a)?.seconds))),
    Function::new("UnixMilli", &[], |_, a| Ok(Value::int64(wrap(time(a)?.nanos().div_euclid(1_000_000))))),
    Function::new("UnixMicro", &[], |_, a| Ok(Value::int64(wrap(time(a)?.nanos().div_euclid(1_000))))),
    Function::new("UnixNano", &[], |_, a| Ok(Value::int64(wrap(time(a)?.nanos())))),
    Function::new("Year", &[], |_, a| Ok(Value::int(time(a)?.civil().year))),
    Function::new("Month", &[], |_, a| {
        let number = time(a)?.civil().month;
        let month = usize::try_from(number - 1).unwrap_or(0);
        Ok(Value::object(Named { of: &MONTH, name: MONTHS[month.min(11)], number }))
    }),
    Function::new("Day", &[], |_, a| Ok(Value::int(time(a)?.civil().day))),
    Function::new("YearDay", &[], |_, a| Ok(Value::int(time(a)?.civil().day_of_year()))),
    Function::new("Weekday", &[], |_, a| {
        let day = time(a)?.civil().weekday();
        Ok(Value::object(Named { of: &WEEKDAY, name: DAYS[day], number: count(day) }))
    }),
    Function::new("Hour", &[], |_, a| Ok(Value::int(time(a)?.civil().hour))),
    Function::new("Minute", &[], |_, a| Ok(Value::int(time(a)?.civil().minute))),
    Function::new("Second", &[], |_, a| Ok(Value::int(time(a)?.civil().second))),
    Function::new("Nanosecond", &[], |_, a| Ok(Value::int(time(a)?.nanos.into()))),
    Function::new("UTC", &[], |_, a| Ok(Value::object(Time { zone: Zone::utc(), ..time(a)?.clone() }))),
    Function::new("Local", &[], |_, a| Ok(Value::object(Time { zone: Zone::local(), ..time(a)?.clone() }))),
    Function::new("IsZero", &[], |_, a| Ok((time(a)?.nanos() == Time::zero().nanos()).into())),
    Function::new("Before", &[SAME], |_, a| Ok((time(a)?.nanos() < time(&a[1..])?.nanos()).into())),
    Function::new("After", &[SAME], |_, a| Ok((time(a)?.nanos() > time(&a[1..])?.nanos()).into())),
    Function::new("Equal", &[SAME], |_, a| Ok((time(a)?.nanos() == time(&a[1..])?.nanos()).into())),
    Function::new("Compare", &[SAME], |_, a| {
        let order = time(a)?.nanos().cmp(&time(&a[1..])?.nanos());
        Ok(Value::Int(IntType::Int, order as i64))
    }),
    Function::new("IsDST", &[], |_, a| Ok(time(a)?.is_dst().into())),
    Function::new("Add", &[Type::Int(IntType::Int64)], |_, a| match any(a, 1) {
        Value::Int(_, nanos) => Ok(Value::object(time(a)?.plus(*nanos))),
        _ => Ok(any(a, 0).clone()),
    }),
    Function::new("AddDate", &[INT, INT, INT], add_date),
];

fn time(a: &[Value]) -> Result<&Time, Error> {
    match any(a, 0) {
        Value::Object(object) => object.as_any().downcast_ref::<Time>(),
        _ => None,
    }
    .ok_or_else(|| Error::new("not a time"))
}

/// The lower half: what Go's arithmetic keeps of a number that is too large.
#[expect(clippy::cast_possible_truncation, reason = "it is the point")]
fn wrap(number: i128) -> i64 {
    number as i64
}

fn add_date(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let time = time(a)?;
    let civil = time.civil();
    let moved = Civil {
        year: civil.year.saturating_add(int(a, 1)),
        month: civil.month.saturating_add(int(a, 2).clamp(-100_000_000, 100_000_000)),
        day: civil.day.saturating_add(int(a, 3).clamp(-100_000_000, 100_000_000)),
        ..civil
    };
    Ok(Value::object(Time { seconds: moved.to_seconds().saturating_sub(time.offset()), ..time.clone() }))
}
