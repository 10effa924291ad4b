//! `time.Time` as a value of templates, with the methods that they use.

use std::any::Any;

use oarlock_go::time::{Civil, DAYS, MONTHS, Time, Zone, format};
use oarlock_go_template::arguments::{INT, Outcome, TEXT, any, count, int, text};
use oarlock_go_template::{Context, Error, Function, Functions, IntType, Object, ObjectType, Type, Value};

/// A time in a template.
#[derive(Debug)]
struct Shown(Time);

/// A time as a value.
pub fn time_value(time: Time) -> Value {
    Value::object(Shown(time))
}

/// The time that a value is, if it is one.
pub fn as_time(value: &Value) -> Option<&Time> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref::<Shown>().map(|Shown(time)| time),
        _ => None,
    }
}

impl Object for Shown {
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
        Some(format(&self.0, "2006-01-02 15:04:05.999999999 -0700 MST"))
    }

    fn json(&self) -> Option<Value> {
        Some(format(&self.0, "2006-01-02T15:04:05.999999999Z07:00").into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|Self(other)| {
            self.0.nanos() == other.nanos() && self.0.zone_name() == other.zone_name()
        })
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
/// The type as a parameter: types are distinguished by their names, and a static can't be within
/// itself.
static PARAMETER: ObjectType = ObjectType { name: "time.Time" };
const SAME: Type = Type::Object(&PARAMETER);

/// `time.Time` with the methods that templates use.
pub(crate) static TIME: ObjectType = ObjectType { name: "time.Time" };

/// Gives times, months and weekdays their methods.
pub(crate) fn add_methods(functions: &mut Functions) {
    functions.add_methods(&TIME, METHODS);
    functions.add_methods(&MONTH, NAMED_METHODS);
    functions.add_methods(&WEEKDAY, NAMED_METHODS);
}

static METHODS: &[Function] = &[
    Function::new("Format", &[TEXT], |_, a| Ok(format(time(a)?, &text(a, 1).to_text()).into())),
    Function::new("String", &[], |_, a| Ok(shown(a)?.display().unwrap_or_default().into())),
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
    Function::new("UTC", &[], |_, a| Ok(time_value(Time { zone: Zone::utc(), ..time(a)?.clone() }))),
    Function::new("Local", &[], |_, a| Ok(time_value(Time { zone: Zone::local(), ..time(a)?.clone() }))),
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
        Value::Int(_, nanos) => Ok(time_value(time(a)?.plus(*nanos))),
        _ => Ok(any(a, 0).clone()),
    }),
    Function::new("AddDate", &[INT, INT, INT], add_date),
];

fn time(a: &[Value]) -> Result<&Time, Error> {
    shown(a).map(|Shown(time)| time)
}

fn shown(a: &[Value]) -> Result<&Shown, Error> {
    match any(a, 0) {
        Value::Object(object) => object.as_any().downcast_ref(),
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
    Ok(time_value(Time { seconds: moved.to_seconds().saturating_sub(time.offset()), ..time.clone() }))
}
